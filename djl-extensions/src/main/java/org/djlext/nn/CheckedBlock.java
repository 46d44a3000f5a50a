/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.Autograd;

/**
 * A Block whose saved parameters are loaded into a block like it and no other, and that can be
 * saved again after it was loaded.
 *
 * <p>DJL's own {@code AbstractBlock} takes parameters of any shape, does not notice when there are
 * more of them than it has, and cannot be saved once it was loaded. This one saves, beside the
 * parameters, what kind of block they are of, the settings that its results depend on, and the
 * names and shapes of the parameters. All of it is compared before the first parameter is loaded.
 */
public abstract class CheckedBlock extends AbstractBlock {

    static {
        // Blocks are trained by DJL's own collector too, and multiply by numbers.
        Autograd.holdBuffers();
    }

    private static final byte VERSION = 3;

    private String expected = ""; // what is being loaded

    /** Creates a block without parameters or children. */
    protected CheckedBlock() {
        super(VERSION);
    }

    /**
     * {@return what the block is called in files and messages; by default the name of its class}
     */
    protected String kind() {
        return getClass().getSimpleName();
    }

    /**
     * Returns the settings that the results depend on, beside the parameters: such as the eps of a
     * norm, but not the rate of a dropout, which is 0 in evaluation.
     *
     * @return the settings by their names, in a fixed order, with values whose text is enough to
     *     tell them apart; by default none
     */
    protected Map<String, ?> settings() {
        return Map.of();
    }

    @Override
    protected final void saveMetadata(DataOutputStream os) throws IOException {
        if (!isInitialized()) {
            throw new IllegalStateException(
                    kind()
                            + " must have parameters to be saved, but has none; initialize it"
                            + " first");
        }
        os.writeByte(inputShapes.length);
        for (Shape shape : inputShapes) {
            os.writeByte(shape.dimension());
            for (long size : shape.getShape()) {
                os.writeLong(size);
            }
        }
        os.writeUTF(describe());
    }

    @Override
    protected final void loadMetadata(byte loadVersion, DataInputStream is)
            throws IOException, MalformedModelException {
        if (loadVersion != VERSION) {
            throw new MalformedModelException(
                    kind() + " reads version " + VERSION + ", but the file has " + loadVersion);
        }
        Shape[] savedShapes = new Shape[is.readUnsignedByte()];
        for (int i = 0; i < savedShapes.length; i++) {
            savedShapes[i] = readShape(is);
        }
        String saved = is.readUTF();
        if (parameters.values().stream().noneMatch(Parameter::isInitialized)) {
            try {
                prepare(savedShapes); // the shapes that the parameters must have
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new MalformedModelException(
                        kind() + " does not fit the saved " + saved + ": " + e.getMessage(), e);
            }
        }
        expected = describe();
        check(saved);
        if (inputShapes == null) {
            // Names too: DJL's readInputShapes leaves them out, and describeInput then fails.
            beforeInitialize(savedShapes);
        }
    }

    private void check(String saved) throws MalformedModelException {
        if (!saved.equals(expected)) {
            throw new MalformedModelException(
                    "the block to load is " + expected + ", but the saved one is " + saved);
        }
    }

    /**
     * Loads what {@link #saveParameters} of a block like this one has written.
     *
     * @param manager the manager of the parameters
     * @param is where to read
     * @throws IOException if reading fails
     * @throws MalformedModelException if what was saved is of another kind, or has other settings
     *     or parameters of other names, number or shapes
     */
    @Override
    public void loadParameters(NDManager manager, DataInputStream is)
            throws IOException, MalformedModelException {
        super.loadParameters(manager, is);
        for (Parameter parameter : parameters.values()) {
            if (!parameter.isInitialized()) {
                throw new MalformedModelException(
                        ("the parameter \"%s\" of %s must have values, but"
                                        + " the saved one has none")
                                .formatted(parameter.getName(), kind()));
            }
        }
        check(describe()); // what was announced need not be what came
    }

    /** Returns all that has to be the same: "LayerNorm with eps 1.0E-5, weight (5), bias (5)". */
    private String describe() {
        List<String> parts = new ArrayList<>();
        settings().forEach((name, value) -> parts.add(name + " " + value));
        for (Parameter parameter : parameters.values()) {
            parts.add(parameter.getName() + " " + parameter.getShape());
        }
        if (!children.isEmpty()) {
            parts.add("blocks inside: " + children.size());
        }
        return kind() + (parts.isEmpty() ? "" : " with " + String.join(", ", parts));
    }

    private static Shape readShape(DataInputStream is) throws IOException {
        long[] sizes = new long[is.readUnsignedByte()];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = is.readLong();
        }
        return new Shape(sizes);
    }
}
