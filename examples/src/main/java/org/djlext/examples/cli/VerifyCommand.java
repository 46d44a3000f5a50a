/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.djlext.examples.verify.ReferenceFile;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code makemore verify}: runs operations and models on inputs that PyTorch has run them on, and
 * compares outputs and gradients. The exit code is 1 if a number is out of tolerance.
 */
@Command(name = "verify")
final class VerifyCommand extends MakemoreCommand {

    @Parameters(paramLabel = "FILE", arity = "1..*", descriptionKey = "FILE")
    private List<Path> files = List.of();

    @Option(names = "--rtol", paramLabel = "X", defaultValue = "1e-9")
    private double rtol;

    @Option(names = "--atol", paramLabel = "X", defaultValue = "1e-12")
    private double atol;

    private boolean agree = true;

    @Override
    void run() {
        if (!(rtol >= 0) || !(atol >= 0)) {
            throw new Mistake(
                    "--rtol and --atol must not be negative, but are %s and %s", rtol, atol);
        }
        files.forEach(this::verify);
    }

    @Override
    int exitCode() {
        return agree ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    /** Prints a table for each operation of a file, or for each way to differentiate a model. */
    private void verify(Path path) {
        ReferenceFile file = ReferenceFile.read(path);
        Map<String, Supplier<GradientTable>> comparisons =
                file.comparisons(new Tolerance(rtol, atol));
        List<String> wrong = new ArrayList<>();
        int tensors = 0;
        for (Map.Entry<String, Supplier<GradientTable>> comparison : comparisons.entrySet()) {
            GradientTable table = comparison.getValue().get();
            line("%s%n%s%n", comparison.getKey(), table);
            tensors += table.rows().size();
            if (!table.rows().stream().allMatch(GradientComparison::approximate)) {
                wrong.add(comparison.getKey());
            }
        }
        line(
                "%s: %d %s, %d tensors, rtol %s, atol %s: %s",
                path.getFileName(),
                comparisons.size(),
                file.hasOperations() ? "operations" : "ways to differentiate",
                tensors,
                rtol,
                atol,
                wrong.isEmpty()
                        ? "all within tolerance"
                        : wrong.size() + " outside: " + String.join(", ", wrong));
        agree &= wrong.isEmpty();
    }
}
