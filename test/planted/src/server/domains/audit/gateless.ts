import 'pg'
export const gateless = 1
