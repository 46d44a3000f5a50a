/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.util.Pair;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.djlext.files.TensorBytes;
import org.djlext.optim.TorchAdamW.Moments;
import org.djlext.torch.ops.Recorded;

/**
 * The state of a {@link TorchAdamW} in a checkpoint, so that training goes on as if it had not been
 * interrupted.
 *
 * <p>A parameter is known by its name in the block, because DJL draws its id anew in each process.
 */
public final class AdamWState {

    private static final byte VERSION = 1;

    private AdamWState() {}

    /**
     * Writes the state.
     *
     * @param optimizer the optimizer
     * @param parameters the parameters of the block that it trains
     * @param os where to write
     * @throws IOException if writing fails
     */
    public static void write(TorchAdamW optimizer, ParameterList parameters, DataOutputStream os)
            throws IOException {
        os.writeByte(VERSION);
        os.writeInt(parameters.size());
        for (Pair<String, Parameter> entry : parameters) {
            os.writeUTF(entry.getKey());
            Moments state = optimizer.state(entry.getValue().getId());
            os.writeInt(state == null ? 0 : state.updates);
            if (state != null) {
                os.write(state.mean.encode());
                os.write(state.square.encode());
            }
        }
    }

    /**
     * Reads the state that {@link #write} has written for a block of the same structure.
     *
     * @param optimizer the optimizer to continue with
     * @param parameters the parameters of the block, initialized or loaded
     * @param is where to read
     * @throws IOException if reading fails, or the state is of other parameters
     */
    public static void read(TorchAdamW optimizer, ParameterList parameters, DataInputStream is)
            throws IOException {
        byte version = is.readByte();
        if (version != VERSION) {
            throw new IOException(
                    "the state of AdamW is read in version "
                            + VERSION
                            + ", but the file has "
                            + version);
        }
        int count = is.readInt();
        if (count != parameters.size()) {
            throw mismatch(parameters.size() + " parameters", count + " parameters");
        }
        for (Pair<String, Parameter> entry : parameters) {
            String name = is.readUTF();
            if (!name.equals(entry.getKey())) {
                throw mismatch(entry.getKey(), name);
            }
            int updates = is.readInt();
            if (updates < 0) {
                throw mismatch("updates from 0", name + " with " + updates);
            }
            if (updates > 0) {
                NDArray weight = entry.getValue().getArray();
                NDArray mean = decode(weight, is);
                NDArray square = decode(weight, is);
                check(name, weight, mean);
                check(name, weight, square);
                optimizer.restore(entry.getValue().getId(), mean, square, updates);
            }
        }
    }

    private static NDArray decode(NDArray weight, DataInputStream is) throws IOException {
        NDManager manager = weight.getManager();
        try {
            long bytes = weight.size() * momentType(weight).getNumOfBytes();
            NDArray moment = TensorBytes.decode(manager, is, bytes);
            return Recorded.wide(moment.toDevice(weight.getDevice(), false));
        } catch (IllegalArgumentException e) {
            throw new IOException("the state of AdamW is damaged: " + e.getMessage(), e);
        }
    }

    // Moments of halves are FLOAT32.
    private static DataType momentType(NDArray weight) {
        return weight.getDataType() == DataType.FLOAT64 ? DataType.FLOAT64 : DataType.FLOAT32;
    }

    private static void check(String name, NDArray weight, NDArray moment) throws IOException {
        if (!moment.getShape().equals(weight.getShape())
                || moment.getDataType() != momentType(weight)) {
            throw mismatch(
                    name + " with moments of " + momentType(weight) + " and " + weight.getShape(),
                    name + " with " + moment.getDataType() + " and " + moment.getShape());
        }
    }

    private static IOException mismatch(String block, String file) {
        return new IOException(
                "the state of AdamW does not fit the block: the block has "
                        + block
                        + ", the file "
                        + file);
    }
}
