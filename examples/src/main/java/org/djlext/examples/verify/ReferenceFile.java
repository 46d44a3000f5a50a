/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.train.Gradients;

/** A file of what another program has computed with operations, or with a model. */
public final class ReferenceFile {

    private final ReferenceNode root;

    private ReferenceFile(ReferenceNode root) {
        this.root = root;
    }

    /**
     * Reads a file.
     *
     * @param file the file
     * @return what it holds
     * @throws DataFileException if it cannot be read, or has neither operations nor a model
     */
    public static ReferenceFile read(Path file) {
        ReferenceNode root = ReferenceNode.read(file);
        if (!root.has("ops") && !root.has("model")) {
            throw new DataFileException(
                    root.place() + " must have \"ops\" or \"model\", but has " + root.names());
        }
        return new ReferenceFile(root);
    }

    /** {@return whether it is about operations, and not about a model} */
    public boolean hasOperations() {
        return root.has("ops");
    }

    /**
     * Returns what computes all of it here, and compares.
     *
     * @param tolerance how far numbers may be apart
     * @return the comparison of each operation, or of each way to differentiate the model, by its
     *     name; it throws {@link DataFileException} if something in the file cannot be used
     */
    public Map<String, Supplier<GradientTable>> comparisons(Tolerance tolerance) {
        Map<String, Supplier<GradientTable>> comparisons = new LinkedHashMap<>();
        if (hasOperations()) {
            ReferenceNode ops = root.child("ops");
            for (String name : ops.names()) {
                Function<NDManager, GradientTable> compare =
                        manager -> ReferenceOps.compare(name, ops.child(name), manager, tolerance);
                comparisons.put(name, () -> run(ops.at(name), compare));
            }
        } else {
            for (Gradients gradients : Gradients.values()) {
                String name = root.text("model") + " (" + gradients.description() + ")";
                Function<NDManager, GradientTable> compare =
                        manager -> ReferenceModels.compare(root, gradients, manager, tolerance);
                comparisons.put(name, () -> run(root.at(name), compare));
            }
        }
        return comparisons;
    }

    private static GradientTable run(String place, Function<NDManager, GradientTable> compare) {
        // References are CPU numbers in float64, which not every accelerator has.
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            return compare.apply(manager);
        } catch (DataFileException e) {
            throw e;
        } catch (RuntimeException e) {
            // Of numbers that an operation or the engine refuses, which adds its stack below.
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new DataFileException(place + " does not run: " + reason);
        }
    }
}
