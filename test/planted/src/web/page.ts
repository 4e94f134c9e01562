import '../server/kernel/clock.ts'
