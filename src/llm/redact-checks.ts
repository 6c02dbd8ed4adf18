/** Words behind `user` that name nobody. */
const NOBODY = new Set(
  (
    'is are was were has had not no and or for from with to in on at by of the a an id name names was logged login ' +
    'logout logging agent session sessions request requests account input defined space data level mode ' +
    'error failed fails failure unknown null undefined none nil true false authenticated authorised authorized ' +
    'denied created deleted added removed updated found missing invalid expired does cannot did could ' +
    'service services server api db database table cache pool manager controller repository module component ' +
    'interface profile profiles role group groups list count info detail details key token password type record ' +
    'user users username customer account login password secret host node records event events queue topic store domain quota limit status state action activity process thread task job'
  ).split(' '),
)

/** Whether a word found where names of users stand may be one. */
export const isName = (text: string): boolean => !NOBODY.has(text.toLowerCase())

/** ISO/IEC 7812-1, annex B. */
export const isCardNumber = (text: string): boolean => {
  const digits = [...text.replace(/\D/g, '')].map(Number).reverse()
  if (digits.length < 13 || digits.length > 19) return false
  const sum = digits.reduce((all, digit, i) => {
    const twice = i % 2 === 0 ? digit : 2 * digit
    return all + (twice > 9 ? twice - 9 : twice)
  }, 0)
  return sum % 10 === 0
}

/** ISO 13616: the account and the four characters in front as a number leave 1 when divided by 97. */
export const isIban = (text: string): boolean => {
  const plain = text.replaceAll(' ', '')
  if (plain.length < 15 || plain.length > 34) return false
  const digits = (plain.slice(4) + plain.slice(0, 4)).replace(
    /[A-Z]/g,
    letter => `${letter.charCodeAt(0) - 55}`,
  )
  return BigInt(digits) % 97n === 1n
}

/** Letters and digits take turns in one word more often than in anything that people name. */
const TURNS = 4
const LONG = 16

/**
 * Looks drawn at random: small and large letters and several digits in one long word that is no path;
 * or letters and digits that take turns.
 */
export const isRandom = (text: string): boolean =>
  isMixed(text) ||
  text.split(/[^A-Za-z\d]/).some(part => part.length >= LONG && turns(part) >= TURNS)

const isMixed = (text: string): boolean =>
  text.length >= 24 &&
  /[a-z]/.test(text) &&
  /[A-Z]/.test(text) &&
  (text.match(/\d/g)?.length ?? 0) >= 3 &&
  !text.split('/').some(part => part.length > 2 && /^(?:[A-Z]?[a-z]+|v?\d+)$/.test(part))

const turns = (part: string): number => part.match(/[a-z](?=\d)|\d(?=[a-z])/gi)?.length ?? 0
