const steps = [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]

/** The seconds between two marks of a ruler, so that their times do not touch. */
export function rulerStep(secondsPerPixel: number): number {
  return steps.find((step) => step / secondsPerPixel >= 90) ?? 3600
}

/** A moment of a recording: `1:02:03`, `2:03`, with tenths or hundredths where asked. */
export function clockTime(seconds: number, digits = 0): string {
  const scaled = Math.round(seconds * 10 ** digits)
  const whole = Math.floor(scaled / 10 ** digits)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  const head = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes)
  const tail = digits > 0 ? `.${String(scaled % 10 ** digits).padStart(digits, '0')}` : ''
  return `${head}:${two(whole % 60)}${tail}`
}
