/** Reads one file and tells what came of it: `node read-in-child.js <file> <RecordsOptions as JSON>`. */
import { InputError } from '../../src/errors.ts';
import { openRecords } from '../../src/records/open-records.ts';
import type { RecordsOptions } from '../../src/records/records-options.ts';

export interface ChildReport {
  rows: number;
  rejected: string[];
  error?: { code: string; line: number | undefined };
  peakRssMb: number;
}

const [path = '', options = '{}'] = process.argv.slice(2);
const report: ChildReport = { rows: 0, rejected: [], peakRssMb: 0 };
try {
  const records = await openRecords({ ...(JSON.parse(options) as Partial<RecordsOptions>), inputs: [path] });
  for await (const batch of records.rows([])) {
    for (const { rejected } of batch) {
      report.rows++;
      if (rejected !== undefined) report.rejected.push(rejected.code);
    }
  }
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  report.error = { code: error.code, line: error.location.line };
}
report.peakRssMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify(report));
