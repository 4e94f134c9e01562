const blocked = 2
const forbidden = 1

/**
 * The managed policies of Chromium for a workstation that shows one origin and nothing else: no
 * other address, no file, no capture, no device, no memory of the day. Each key was accepted by
 * Chromium 156 (`chrome://policy`). Copying inside the page it cannot stop; the application does.
 */
export function browserPolicy(origin: string, issuer: string): Readonly<Record<string, unknown>> {
  return {
    ...addresses(origin, issuer),
    ...nothingLeaves,
    ...noDevices,
    ...nothingStays,
    ...nothingCallsHome,
  }
}

function addresses(origin: string, issuer: string) {
  const inner = ['chrome://*', 'chrome-untrusted://*', 'chrome-extension://*']
  const rule = { pattern: origin, filter: { ISSUER: { CN: issuer } } }
  return {
    URLBlocklist: ['*', ...inner, 'file://*', 'data:*', 'javascript://*'],
    URLAllowlist: [origin],
    RestoreOnStartup: 4,
    RestoreOnStartupURLs: [`${origin}/`],
    AutoSelectCertificateForUrls: [JSON.stringify(rule)],
    SecurityKeyPermitAttestation: [origin],
    CACertificateManagementAllowed: 2,
    SSLErrorOverrideAllowed: false,
    HttpsOnlyMode: 'force_enabled',
    DefaultInsecureContentSetting: blocked,
    DefaultPopupsSetting: blocked,
  }
}

const nothingLeaves = {
  DownloadRestrictions: 3,
  AllowFileSelectionDialogs: false,
  PrintingEnabled: false,
  DeveloperToolsAvailability: 2,
  RemoteDebuggingAllowed: false,
  HeadlessMode: 2,
  DisableScreenshots: true,
  ScreenCaptureAllowed: false,
  TabCaptureAllowedByOrigins: [],
  WindowCaptureAllowedByOrigins: [],
  DefaultClipboardSetting: blocked,
  ClipboardBlockedForUrls: ['*'],
  ExtensionInstallBlocklist: ['*'],
  ExtensionSettings: { '*': { installation_mode: 'blocked' } },
  BlockExternalExtensions: true,
  NativeMessagingBlocklist: ['*'],
  EnableMediaRouter: false,
  DesktopSharingHubEnabled: false,
  QRCodeGeneratorEnabled: false,
}

const noDevices = {
  AudioCaptureAllowed: false,
  VideoCaptureAllowed: false,
  DefaultWebUsbGuardSetting: blocked,
  DefaultWebHidGuardSetting: blocked,
  DefaultSerialGuardSetting: blocked,
  DefaultWebBluetoothGuardSetting: blocked,
  DefaultFileSystemReadGuardSetting: blocked,
  DefaultFileSystemWriteGuardSetting: blocked,
  DefaultSensorsSetting: blocked,
}

const nothingStays = {
  IncognitoModeAvailability: forbidden,
  BrowserGuestModeEnabled: false,
  BrowserAddPersonEnabled: false,
  BrowserSignin: 0,
  SyncDisabled: true,
  PasswordManagerEnabled: false,
  PasswordManagerPasskeysEnabled: false,
  ForceEphemeralProfiles: true,
  SavingBrowserHistoryDisabled: true,
  ClearBrowsingDataOnExitList: [
    'browsing_history',
    'cached_images_and_files',
    'cookies_and_other_site_data',
  ],
  AllowBackForwardCacheForCacheControlNoStorePageEnabled: false,
  BackgroundModeEnabled: false,
  IdleTimeout: 5,
  IdleTimeoutActions: [
    'clear_browsing_history',
    'clear_cookies_and_other_site_data',
    'close_browsers',
  ],
}

const nothingCallsHome = {
  DnsOverHttpsMode: 'off',
  QuicAllowed: false,
  ProxySettings: { ProxyMode: 'direct' },
  WebRtcIPHandling: 'disable_non_proxied_udp',
  TranslateEnabled: false,
  SpellCheckServiceEnabled: false,
  SearchSuggestEnabled: false,
  DefaultSearchProviderEnabled: false,
  MetricsReportingEnabled: false,
  UserFeedbackAllowed: false,
  SafeBrowsingProtectionLevel: 0,
  ComponentUpdatesEnabled: false,
  NetworkPredictionOptions: 2,
  LiveCaptionEnabled: false,
  BuiltInAIAPIsEnabled: false,
  GeminiSettings: 1,
  AIModeSettings: 1,
  SearchContentSharingSettings: 1,
}
