import 'tsx'
export const tool = 1
