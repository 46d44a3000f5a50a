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
import java.util.stream.Collectors;
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

    private static final byte VERSION = 2;

    private List<Shape> expected = List.of(); // the shapes of the parameters that are being loaded

    /** Creates a block without parameters or children. */
    protected CheckedBlock() {
        super(VERSION);
    }

    /**
     * Returns what the block is called in files and messages.
     *
     * @return the name; by default that of the class
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
                            + " must have parameters to be saved, but has none; initialize it first");
        }
        os.writeByte(inputShapes.length);
        for (Shape shape : inputShapes) {
            write(shape, os);
        }
        os.writeUTF(kind());
        os.writeUTF(describeSettings());
        os.writeInt(parameters.size());
        for (Parameter parameter : parameters.values()) {
            os.writeUTF(parameter.getName());
            write(parameter.getShape(), os);
        }
        os.writeInt(children.size());
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
        String savedKind = is.readUTF();
        if (!savedKind.equals(kind())) {
            throw new MalformedModelException(
                    "the block \""
                            + kind()
                            + "\" cannot be loaded from a saved \""
                            + savedKind
                            + "\"");
        }
        String savedSettings = is.readUTF();
        if (!savedSettings.equals(describeSettings())) {
            throw new MalformedModelException(
                    kind()
                            + " was saved with "
                            + savedSettings
                            + ", but this one has "
                            + describeSettings());
        }
        checkParameters(savedShapes, is);
        int savedChildren = is.readInt();
        if (savedChildren != children.size()) {
            throw new MalformedModelException(
                    kind()
                            + " must have "
                            + children.size()
                            + " blocks inside, but the saved one has "
                            + savedChildren);
        }
        if (inputShapes == null) {
            // Names too: DJL's readInputShapes leaves them out, and describeInput then fails.
            beforeInitialize(savedShapes);
        }
    }

    private void checkParameters(Shape[] savedShapes, DataInputStream is)
            throws IOException, MalformedModelException {
        if (parameters.values().stream().noneMatch(Parameter::isInitialized)) {
            try {
                prepare(savedShapes); // the shapes that the parameters must have
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new MalformedModelException(
                        kind() + " does not fit the saved one: " + e.getMessage(), e);
            }
        }
        List<String> names = new ArrayList<>();
        List<Shape> shapes = new ArrayList<>();
        int count = is.readInt();
        for (int i = 0; i < count; i++) {
            names.add(is.readUTF());
            shapes.add(readShape(is));
        }
        List<String> own = parameters.values().stream().map(Parameter::getName).toList();
        if (!names.equals(own)) {
            throw new MalformedModelException(
                    kind()
                            + " must have the parameters "
                            + own
                            + ", but the saved one has "
                            + names);
        }
        expected = parameters.values().stream().map(Parameter::getShape).toList();
        checkShapes(shapes);
    }

    private void checkShapes(List<Shape> got) throws MalformedModelException {
        int i = 0;
        for (Parameter parameter : parameters.values()) {
            check(parameter, expected.get(i), got.get(i));
            i++;
        }
    }

    private void check(Parameter parameter, Shape must, Shape got) throws MalformedModelException {
        if (!got.equals(must)) {
            throw new MalformedModelException(
                    "the parameter \""
                            + parameter.getName()
                            + "\" of "
                            + kind()
                            + " must have the shape "
                            + must
                            + ", but the saved one has "
                            + got);
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
        // What was announced need not be what came.
        List<Shape> loaded = new ArrayList<>();
        for (Parameter parameter : parameters.values()) {
            if (!parameter.isInitialized()) {
                throw new MalformedModelException(
                        "the parameter \""
                                + parameter.getName()
                                + "\" of "
                                + kind()
                                + " must have values, but the saved one has none");
            }
            loaded.add(parameter.getArray().getShape());
        }
        checkShapes(loaded);
    }

    private String describeSettings() {
        Map<String, ?> settings = settings();
        return settings.isEmpty()
                ? "no settings"
                : settings.entrySet().stream()
                        .map(setting -> setting.getKey() + " " + setting.getValue())
                        .collect(Collectors.joining(" and "));
    }

    private static void write(Shape shape, DataOutputStream os) throws IOException {
        os.writeByte(shape.dimension());
        for (long size : shape.getShape()) {
            os.writeLong(size);
        }
    }

    private static Shape readShape(DataInputStream is) throws IOException {
        long[] sizes = new long[is.readUnsignedByte()];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = is.readLong();
        }
        return new Shape(sizes);
    }
}
