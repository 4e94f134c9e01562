/**
 * Megabits per second of one camera: full HD, H.264, 15 frames, constant movement. A planning figure
 * in the middle of manufacturers' calculators (2 to 8); an installer measures it at handover.
 */
export const cameraMegabits = 4

/** Disk space in terabytes (10¹² bytes) that cameras fill in so many seconds. */
export function terabytesFor(cameras: number, seconds: number): number {
  return (cameras * seconds * cameraMegabits * 1e6) / 8 / 1e12
}

/** `10.4 TB`: rounded up, so that what is a little too much for a disk never reads as enough. */
export function sayTerabytes(terabytes: number): string {
  return `${(Math.ceil(terabytes * 10) / 10).toFixed(1)} TB`
}
