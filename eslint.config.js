import reactHooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'
import { houseRules } from './tools/house-rules.mjs'

const ambient = [
  {
    object: 'process',
    property: 'env',
    message: 'Configuration is read once, in kernel/config.ts.',
  },
  { object: 'Date', property: 'now', message: 'Take the clock as an argument.' },
  { object: 'Math', property: 'random', message: 'Use kernel/random.ts.' },
]

export default tseslint.config(
  { ignores: ['**/dist/', 'node_modules/', 'test/planted/', '**/*.gen.ts', '**/*.d.mts'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: ['*.js', '*.ts', '*.mjs', 'tools/*.mjs', 'test/crash/*.mjs'],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { house: houseRules },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-restricted-properties': ['error', ...ambient],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unsafe-type-assertion': 'error',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'describe', 'it', 'suite'] },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' },
        { selector: 'ExportAllDeclaration', message: 'Name what you export.' },
      ],
      'house/no-foreign-schema': 'error',
    },
  },
  {
    files: ['src/web/**'],
    plugins: { 'react-hooks': reactHooks },
    rules: { ...reactHooks.configs.recommended.rules, 'house/no-literal-text': 'error' },
  },
  {
    // Programs at the edge: they own the terminal, the clock and the environment.
    files: [
      'src/cli/**',
      'src/server/main.ts',
      'src/server/kernel/config.ts',
      'src/witness/main.ts',
      'src/workstation/main.ts',
      'src/simulator/main.ts',
      'tools/**',
      'bench/**',
      'test/**',
    ],
    rules: { 'no-console': 'off', 'no-restricted-properties': 'off' },
  },
  {
    // A test may take a shortcut through types where it asserts the shape right after.
    files: ['**/*.test.ts', '**/*.test.tsx', 'test/**', 'bench/**'],
    rules: {
      '@typescript-eslint/no-unsafe-type-assertion': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-properties': 'off',
      'house/no-literal-text': 'off',
    },
  },
  {
    // The gate opens transactions; what looks through every project is begun where the parts are put together.
    files: ['src/server/domains/**'],
    ignores: ['src/server/domains/access/**', '**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '/access/index[.]ts$',
              importNames: ['closeRows', 'transactOverAll'],
              message: 'Ask for an act that is `across` projects, or be handed such a transaction.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['*.config.*', 'tools/**/*.mjs', 'test/crash/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-syntax': 'off' },
  },
)
