import '../access/index.ts'
export const rain = 1
