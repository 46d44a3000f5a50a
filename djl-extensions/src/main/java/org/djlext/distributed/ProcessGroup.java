/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.EngineFunction;
import org.djlext.internal.NativeProcessGroup;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;

/**
 * Processes that compute together, each of them a rank from 0 on. What they do together is a
 * collective: all ranks call the same ones in the same order, with arrays of the same shapes and
 * types, and each returns when its result is there.
 *
 * <pre>{@code
 * try (ProcessGroup group = ProcessGroup.init("127.0.0.1:29500", rank, 2, Duration.ofSeconds(60))) {
 *     group.allReduce(new NDList(gradient), ReduceOp.MEAN);
 * }
 * }</pre>
 *
 * <p>A rank that does not take part in a collective, or calls another one, makes it end in a {@link
 * DistributedException} on all others within the timeout; one whose process has ended, at once.
 * Then the group is of no more use.
 *
 * <p>In TorchScript the operations of {@code ops._c10d_functional} take {@link #name} for the
 * group.
 *
 * <p><b>Ports.</b> Whoever reaches the ports of a group can read and change what is reduced: there
 * is neither encryption nor a password. A group whose store is at a loopback address is open to
 * this machine alone.
 *
 * <p>On Linux with libtorch 2.7.1, for arrays on the CPU.
 */
public final class ProcessGroup implements AutoCloseable {

    private static final AtomicInteger GROUPS = new AtomicInteger();

    private final String name = "djlext-" + GROUPS.incrementAndGet();
    private final Rank rank;
    private final long handle;
    private final RankSum sum;
    private final TorchScript script;
    private final @Nullable Announcements announcements;
    private boolean closed;

    private ProcessGroup(StoreAddress address, Rank rank, Map<String, String> environment) {
        this.rank = rank;
        handle = rank.join(name, address, environment);
        int worldSize = rank.worldSize();
        boolean isOfDjl =
                IntStream.range(0, worldSize)
                        .allMatch(other -> NativeProcessGroup.isOfDjl(handle, other));
        sum = new RankSum(name, worldSize == 2 && isOfDjl ? 1 - rank.number() : RankSum.NO_PEER);
        script = TorchScript.compile(CollectivesScript.SOURCE);
        // A Python process knows none.
        announcements =
                isOfDjl ? new Announcements(script.function("announce"), name, worldSize) : null;
    }

    /**
     * Joins a group, which returns when all ranks have done so.
     *
     * @param storeAddress where the ranks meet: {@code HOST:PORT}, a free port of rank 0's machine
     *     under a name that all ranks know it by, or {@code file:///PATH}, a new file that all
     *     processes of one machine see
     * @param rank the number of this process, from 0
     * @param worldSize how many processes there are
     * @param timeout how long this process waits for others: to join, and in each collective
     * @return the group, to be closed
     * @throws IllegalArgumentException if the address is none or the rank is not below the size
     * @throws DistributedException if not all ranks have joined within the timeout
     * @throws UnsupportedOperationException on another system than Linux or with another version of
     *     libtorch
     */
    public static ProcessGroup init(
            String storeAddress, int rank, int worldSize, Duration timeout) {
        Rank own = new Rank(rank, worldSize, timeout);
        return new ProcessGroup(StoreAddress.parse(storeAddress), own, System.getenv());
    }

    /**
     * Joins the group that the environment names, as torchrun does it: RANK, WORLD_SIZE,
     * MASTER_ADDR and MASTER_PORT, with a timeout of 30 minutes.
     *
     * @return the group, to be closed
     * @throws IllegalStateException if one of them is not set
     * @throws IllegalArgumentException if one of them is not a number, or out of range
     * @throws DistributedException if not all ranks have joined within the timeout
     * @throws UnsupportedOperationException as {@link #init}
     */
    public static ProcessGroup fromEnvironment() {
        return fromEnvironment(System.getenv());
    }

    static ProcessGroup fromEnvironment(Map<String, String> environment) {
        String address = Rank.variable(environment, "MASTER_ADDR");
        StoreAddress store =
                StoreAddress.parse(address + ":" + Rank.number(environment, "MASTER_PORT"));
        Rank own =
                new Rank(
                        Rank.number(environment, "RANK"),
                        Rank.number(environment, "WORLD_SIZE"),
                        Duration.ofMinutes(30));
        return new ProcessGroup(store, own, environment);
    }

    /** {@return the number of this process, from 0} */
    public int rank() {
        return rank.number();
    }

    /** {@return how many processes there are} */
    public int worldSize() {
        return rank.worldSize();
    }

    /**
     * {@return the name that TorchScript calls the group by in this process, for {@code
     * ops._c10d_functional.all_reduce_(x, "sum", name)} and the like}
     */
    public String name() {
        return name;
    }

    /**
     * Puts the reduced values of all ranks into an array.
     *
     * @param array the array, changed in place
     * @param op how values become one
     */
    public void allReduce(NDArray array, ReduceOp op) {
        allReduce(new NDList(array), op);
    }

    /**
     * Puts the reduced values of all ranks into arrays, with one message for all of a type.
     *
     * @param arrays the arrays, changed in place
     * @param op how values become one
     */
    public synchronized void allReduce(NDList arrays, ReduceOp op) {
        begin("allReduce " + op, arrays);
        byType(arrays)
                .forEach(
                        (type, own) ->
                                call(
                                        "all_reduce",
                                        own,
                                        op.engineName,
                                        op.divisor(type, worldSize()),
                                        sum.peer(),
                                        name));
    }

    /**
     * Puts the mean over all ranks into arrays, in which a rank counts as much as its weight: for
     * gradients and a loss that are means over as many labels.
     *
     * @param arrays the arrays, of floating types, changed in place
     * @param weight the weight of this rank, 0 or more; with 0 its arrays do not matter
     */
    public synchronized void weightedMean(NDList arrays, double weight) {
        if (!(weight >= 0)) {
            throw new IllegalArgumentException(
                    "the weight of a rank must be 0 or more, but got " + weight);
        }
        begin("weightedMean", arrays);
        byType(arrays).forEach((type, own) -> call("weighted_mean", own, weight, sum.peer(), name));
    }

    /**
     * Returns the sum over all ranks, for the forward and the backward of an {@link
     * org.djlext.autograd.AutogradFunction}, which may be compiled. It is not differentiated, and
     * that other ranks call it with the same shape is not checked.
     *
     * @param array the array of this rank
     * @return a new array of its shape
     */
    public NDArray sum(NDArray array) {
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            NDArray flat = array.reshape(-1);
            NDArray all = sum.of(flat, flat.size(), EngineFunction::callForArray);
            return all.reshape(array.getShape());
        } catch (EngineException e) {
            throw failure(e);
        }
    }

    /** {@return how a sum over all ranks is computed, for code that writes scripts} */
    public RankSum sum() {
        return sum;
    }

    /**
     * Puts the values of one rank into the arrays of all.
     *
     * @param arrays the arrays, changed in place
     * @param root the rank whose values they get
     */
    public synchronized void broadcast(NDList arrays, int root) {
        if (root < 0 || root >= worldSize()) {
            throw new IllegalArgumentException(
                    "broadcast takes a rank from 0 to " + (worldSize() - 1) + ", but got " + root);
        }
        begin("broadcast of rank " + root, arrays);
        byType(arrays).forEach((type, own) -> call("broadcast", own, root, name));
    }

    /**
     * {@return the arrays of all ranks, one after the other along the first axis, (worldSize * n,
     * ..)}
     *
     * @param array the array of this rank, (n, ..)
     */
    public synchronized NDArray allGather(NDArray array) {
        begin("allGather", new NDList(array));
        return call("all_gather", array, worldSize(), announcements != null, name).head();
    }

    /**
     * Returns this rank's part of the reduced values: rank r gets part r of as many as there are
     * ranks, along the first axis.
     *
     * @param array the array of this rank, (worldSize * n, ..)
     * @param op how values become one
     * @return the part, (n, ..)
     */
    public synchronized NDArray reduceScatter(NDArray array, ReduceOp op) {
        Shape shape = array.getShape();
        if (shape.dimension() == 0 || shape.get(0) % worldSize() != 0) {
            throw new IllegalArgumentException(
                    "reduceScatter gives each of "
                            + worldSize()
                            + " ranks the same part of the first axis, but the array has the shape "
                            + shape);
        }
        double divisor = op.divisor(array.getDataType(), worldSize());
        begin("reduceScatter " + op, new NDList(array));
        return call("reduce_scatter", array, op.engineName, divisor, worldSize(), name).head();
    }

    /** Waits until all ranks have come here. */
    public void barrier() {
        try (NDManager manager = NDManager.newBaseManager()) {
            allReduce(manager.zeros(new Shape(1)), ReduceOp.SUM);
        }
    }

    private static Map<DataType, NDList> byType(NDList arrays) {
        Map<DataType, NDList> byType = new LinkedHashMap<>();
        for (NDArray array : arrays) {
            byType.computeIfAbsent(array.getDataType(), type -> new NDList()).add(array);
        }
        return byType;
    }

    /** Makes sure that all ranks are about to call the same. */
    private void begin(String what, NDList arrays) {
        if (closed) {
            throw new IllegalStateException("the process group is closed");
        }
        try {
            if (announcements != null && !announcements.agree(what, arrays)) {
                throw rank.disagreement(announcements.last());
            }
        } catch (EngineException e) {
            throw failure(e);
        }
    }

    private NDList call(String function, @Nullable Object... arguments) {
        try (Autograd.Scope unrecorded = Autograd.noGrad()) {
            return script.function(function).call(arguments);
        } catch (EngineException e) {
            throw failure(e);
        }
    }

    /**
     * Returns what to throw when a script that has collectives of this group has failed.
     *
     * @param e what the script threw
     * @return a {@link DistributedException} if a collective was what failed, else the exception
     *     itself
     */
    public RuntimeException failure(EngineException e) {
        return rank.failure(e);
    }

    /**
     * Leaves the group: its threads end, its connections and its port are closed. If another thread
     * is in a collective, this waits for its end.
     */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            script.close();
            NativeProcessGroup.leave(handle);
        }
    }

    @Override
    public String toString() {
        return rank.toString();
    }
}
