// A player's picture, worked out from their number and the variant they chose: five by five cells, the left half mirrored.
// Pure.

const HUES = [12, 40, 68, 130, 165, 190, 215, 245, 275, 310, 335, 355];

// { hue, cells: [[column, row], …] }
export function identicon(player, variant) {
  let bits = hash(`${player}/${variant}`);
  const hue = HUES[bits % HUES.length];
  bits = Math.floor(bits / HUES.length);
  const cells = [];
  for (let column = 0; column < 3; column += 1) {
    for (let row = 0; row < 5; row += 1) {
      if (bits & (1 << (5 * column + row))) {
        cells.push([column, row]);
        if (column < 2) cells.push([4 - column, row]);
      }
    }
  }
  return { hue, cells };
}

// FNV-1a with a final mix, so that neighbours differ everywhere.
function hash(text) {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.codePointAt(0), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return (value ^ (value >>> 15)) >>> 0;
}
