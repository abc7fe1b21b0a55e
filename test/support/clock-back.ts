/**
 * Preloaded with `node --import`: the clock on the wall goes back an hour, once, as when somebody sets it. It happens
 * when it was read VOXPOP_CLOCK_READINGS times; the clock that measures spans of time goes on.
 */
const hourMs = 3_600_000;
const before = Number(process.env['VOXPOP_CLOCK_READINGS']);
const RealDate = Date;
let readings = 0;

globalThis.Date = class extends RealDate {
  constructor(...given: [] | ConstructorParameters<typeof RealDate>) {
    if (given.length === 0) super(globalThis.Date.now());
    else super(...given);
  }

  static override now(): number {
    return RealDate.now() - (++readings > before ? hourMs : 0);
  }
} as DateConstructor;
