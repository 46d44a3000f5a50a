/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.djlext.examples.report.ReportPage;
import org.djlext.examples.report.TrainingReport;
import org.djlext.files.FileFailure;
import org.djlext.makemore.data.DataFileException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code makemore report}: compares runs by the numbers in their folders. */
@Command(name = "report")
final class ReportCommand extends MakemoreCommand {

    @Parameters(paramLabel = "RUN", arity = "1..*", descriptionKey = "RUN")
    private List<Path> runs = List.of();

    @Option(names = "--out", paramLabel = "FILE", defaultValue = "report.html")
    private Path file = Path.of("report.html");

    @Override
    void run() {
        ReportOptions.check(file);
        try {
            ReportPage.write(reports(runs.stream().distinct().toList()), file);
        } catch (IOException e) {
            throw new DataFileException(
                    "the report cannot be written to " + file + ": " + FileFailure.reason(e));
        }
        line("the report is in %s", file);
    }

    /** Reads the runs, which go by the names of their folders if these differ. */
    private static List<TrainingReport> reports(List<Path> folders) {
        List<TrainingReport> reports = folders.stream().map(TrainingReport::ofRun).toList();
        List<Path> names = folders.stream().map(f -> f.toAbsolutePath().getFileName()).toList();
        if (names.stream().distinct().count() == names.size()) {
            for (int i = 0; i < names.size(); i++) {
                reports.get(i).title(names.get(i).toString());
            }
        }
        return reports;
    }
}
