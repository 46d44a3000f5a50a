/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.train.Gradients;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Runs the operations on inputs that PyTorch has run them on, and compares outputs and gradients.
 *
 * <pre>{@code java -jar examples/target/makemore.jar verify ops.json}</pre>
 *
 * <p>The exit code is 0 if all numbers are within tolerance, 1 if one is not, and 2 if a file
 * cannot be used.
 */
@Command(
        name = "verify",
        description = "Compares outputs and gradients with reference files, such as PyTorch's.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec and the files
public final class VerifyCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "FILE",
            arity = "1..*",
            description = "files with the numbers of operations or of a model, as JSON")
    private List<Path> files;

    @Option(
            names = "--rtol",
            paramLabel = "X",
            defaultValue = "1e-9",
            description = "tolerance relative to the reference, default ${DEFAULT-VALUE}")
    private double rtol = 1e-9;

    @Option(
            names = "--atol",
            paramLabel = "X",
            defaultValue = "1e-12",
            description = "absolute tolerance, default ${DEFAULT-VALUE}")
    private double atol = 1e-12;

    /** Creates the command; its options are read by picocli. */
    public VerifyCommand() {}

    @Override
    public Integer call() {
        if (!(rtol >= 0) || !(atol >= 0)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--rtol and --atol must not be negative, but are " + rtol + " and " + atol);
        }
        PrintWriter out = spec.commandLine().getOut();
        boolean agree = true;
        for (Path file : files) {
            agree &= verify(file, new Tolerance(rtol, atol), out);
            out.flush();
        }
        return agree ? 0 : 1;
    }

    /**
     * Verifies one file and prints a table for each operation, or the model's.
     *
     * @return whether everything is within tolerance
     */
    private static boolean verify(Path file, Tolerance tolerance, PrintWriter out) {
        ReferenceNode root = ReferenceNode.read(file);
        Map<String, Function<NDManager, GradientTable>> comparisons = new LinkedHashMap<>();
        if (root.has("ops")) {
            ReferenceNode ops = root.child("ops");
            for (String name : ops.names()) {
                comparisons.put(
                        name,
                        manager -> ReferenceOps.compare(name, ops.child(name), manager, tolerance));
            }
        } else if (root.has("model")) {
            for (Gradients gradients : Gradients.values()) {
                comparisons.put(
                        root.text("model") + " (" + gradients.description() + ")",
                        manager -> ReferenceModels.compare(root, gradients, manager, tolerance));
            }
        } else {
            throw new DataFileException(
                    root.place() + " must have \"ops\" or \"model\", but has " + root.names());
        }
        List<String> wrong = new ArrayList<>();
        int tensors = 0;
        for (Map.Entry<String, Function<NDManager, GradientTable>> comparison :
                comparisons.entrySet()) {
            // References are CPU numbers in float64, which not every accelerator has.
            try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
                GradientTable table = compare(comparison, root, manager);
                out.println(comparison.getKey());
                out.println(table);
                out.println();
                tensors += table.rows().size();
                if (!table.rows().stream().allMatch(GradientComparison::approximate)) {
                    wrong.add(comparison.getKey());
                }
            }
        }
        out.printf(
                Locale.ROOT,
                "%s: %d %s, %d tensors, rtol %s, atol %s: %s%n",
                file.getFileName(),
                comparisons.size(),
                root.has("ops") ? "operations" : "ways to differentiate",
                tensors,
                tolerance.rtol(),
                tolerance.atol(),
                wrong.isEmpty()
                        ? "all within tolerance"
                        : wrong.size() + " outside: " + String.join(", ", wrong));
        return wrong.isEmpty();
    }

    private static GradientTable compare(
            Map.Entry<String, Function<NDManager, GradientTable>> comparison,
            ReferenceNode root,
            NDManager manager) {
        try {
            return comparison.getValue().apply(manager);
        } catch (DataFileException e) {
            throw e;
        } catch (RuntimeException e) {
            // Of numbers that an operation or the engine refuses, which adds its stack below.
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new DataFileException(
                    root.place() + " " + comparison.getKey() + " does not run: " + reason);
        }
    }
}
