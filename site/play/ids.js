// Texts as lists of ids.

/** How many ids two texts begin with in common. */
export function inCommon(one, other) {
  let length = 0;
  while (length < Math.min(one.length, other.length) && one[length] === other[length]) length++;
  return length;
}

export const startsWith = (ids, beginning) => inCommon(ids, beginning) === beginning.length;
