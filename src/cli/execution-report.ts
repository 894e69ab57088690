/** The reports that every execution leaves in its folder, made from its record alone. */
import type { ReportFile } from '../execute/execution-option.ts';
import type { Checked } from '../model/diagnostic.ts';
import { executionFiles } from '../model/journal-entry.ts';

/** Loaded before the first step: what is loaded after one may be what the step has put there. */
export async function loadReports(): Promise<readonly ReportFile[]> {
  const [{ readReport }, { readReportPage }] = await Promise.all([import('../report/report-markdown.ts'), import('../report/report-page.ts')]);
  const whole = ({ value, diagnostics }: Checked<string>): string => {
    if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '));
    return value;
  };
  return [
    { name: executionFiles.report, render: async (folder) => whole(await readReport(folder, { closing: true })) },
    { name: executionFiles.page, render: async (folder) => whole(await readReportPage(folder, { closing: true })) },
  ];
}
