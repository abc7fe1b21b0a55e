/** Four words each, of which any may stand beside any other; one column for each place. */
const words = [
  `very quite really too so rather hardly never always often almost still just only even much less more most least now
  here again soon late early fast well badly far near once`,
  `good bad slow quick nice poor great cold warm hot clean dirty old new cheap dear kind rude loud quiet fresh stale big
  small long short easy hard clear dark bright safe`,
  `staff food room app price shop queue page site menu service driver parcel order phone call email bill plan card screen
  button seat train flight hotel bed door park bag box team`,
  `today yesterday weekly tonight daily nearby inside outside upstairs online offline abroad everywhere somewhere anyway
  somehow perhaps maybe surely really overall altogether sometimes nowadays lately recently finally eventually usually
  normally mostly partly`,
].map((column) => column.split(/\s+/));

/** A number without a factor in common with that of all comments: its multiples visit each of them once. */
const step = 389_357;

/** One of the million comments that can be made of the words; others have other numbers. */
export function shortComment(number: number): string {
  let place = (number * step) % words.reduce((product, column) => product * column.length, 1);
  return words
    .map((column) => {
      const word = column[place % column.length];
      place = Math.floor(place / column.length);
      return word;
    })
    .join(' ');
}
