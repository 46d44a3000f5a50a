/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.djlext.testing.Threads;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saved arrays in other forms: gradients are those of the arrays that come back. */
class SavedTensorHooksTest extends GraphTestBase {

    /** In files, which go with the graph. */
    private record OnDisk(Path folder) implements SavedTensorHooks<Path> {

        @Override
        public Path pack(NDArray array) {
            return io(() -> Files.write(Files.createTempFile(folder, "saved", ""), array.encode()));
        }

        @Override
        public NDArray unpack(Path file, NDManager manager) {
            return NDArray.decode(manager, io(() -> Files.readAllBytes(file)));
        }

        @Override
        public void release(Path file) {
            assertTrue(io(() -> Files.deleteIfExists(file)));
        }
    }

    private static <T> T io(Callable<T> call) {
        try {
            return call.call();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static NDArray with(SavedTensorHooks<?> hooks, Supplier<NDArray> forward) {
        try (Autograd.Scope scope = Hooks.onSavedTensors(hooks)) {
            return forward.get();
        }
    }

    private static int files(Path folder) {
        return Objects.requireNonNull(folder.toFile().list()).length;
    }

    @Test
    void arraysLieInFilesUntilTheGraphGoes(@TempDir Path folder) {
        NDArray x = leaf(3, -4);
        NDArray y = with(new OnDisk(folder), () -> square(x));
        NDArray plain = square(x);
        assertEquals(1, files(folder));
        assertValues(grad(y.sum(), x), 6, -8);
        assertEquals(1, files(folder));
        backward(y.sum());
        assertGradient(x, 6, -8);
        assertEquals(0, files(folder));
        assertValues(grad(plain.sum(), x), 6, -8);
    }

    @Test
    void secondDerivativesGoThroughFiles(@TempDir Path folder) {
        NDArray x = leaf(3, -4);
        AutogradFunction square = TestFunctions.square();
        // x^3 by x times its square: the input of the square is an intermediate.
        NDArray y = with(new OnDisk(folder), () -> square.apply(x.mul(factor(2))).mul(x));
        NDArray first = grad(y.sum(), x, true);
        assertValues(first, 12 * 9, 12 * 16);
        assertValues(grad(first.sum(), x), 24 * 3, 24 * -4);
        // Saved outputs too: exp by its own value.
        AutogradFunction exp = TestFunctions.byOutput(NDArray::exp, (e, de) -> de.mul(e));
        NDArray z = with(new OnDisk(folder), () -> exp.apply(x));
        NDArray dz = grad(z.sum(), x, true);
        NDArray second = grad(dz.sum(), x, true);
        assertValues(grad(second.sum(), x), Math.exp(3), Math.exp(-4));
    }

    @Test
    void arraysInASmallerTypeGiveRoundedGradients() {
        NDArray x = manager.create(new float[] {1.0001f, 3.14159f});
        x.setRequiresGradient(true);
        SavedTensorHooks<NDArray> halves =
                new TestFunctions.Packing<>(
                        array -> array.toType(DataType.FLOAT16, false),
                        (packed, m) -> packed.toType(DataType.FLOAT32, false));
        NDArray y = with(halves, () -> square(x));
        // 1.0001 is nearest to 1 in float16, and 3.14159 to 3.140625.
        assertArrayEquals(new float[] {2, 6.28125f}, grad(y.sum(), x).toFloatArray());
    }

    @Test
    void innerScopesAndOtherThreads() {
        List<String> packed = new ArrayList<>();
        NDArray x = leaf(3);
        try (Autograd.Scope outer = Hooks.onSavedTensors(noted("outer", packed))) {
            try (Autograd.Scope inner = Hooks.onSavedTensors(noted("inner", packed))) {
                square(x);
            }
            square(x);
            Threads.run(1, t -> square(x));
        }
        assertEquals(List.of("inner", "outer"), packed);
    }

    private static SavedTensorHooks<NDArray> noted(String name, List<String> packed) {
        return new TestFunctions.Packing<>(
                array -> {
                    packed.add(name);
                    return array;
                },
                (array, m) -> array);
    }

    @Test
    void whatComesBackMustAgree() {
        NDArray x = leaf(3, 4);
        SavedTensorHooks<String> wrong =
                new TestFunctions.Packing<>(array -> "nothing", (p, m) -> m.create(1f));
        NDArray y = with(wrong, () -> square(x));
        NDArray loss = y.sum();
        assertFailsSaying(
                RuntimeException.class,
                () -> Autograd.backward(loss),
                "LambdaFunction: the hooks on saved tensors must unpack what they have packed,"
                        + " which for saved tensor 0 is (2) float64 on cpu(), but"
                        + " returned () float32 on cpu()");
    }

    @Test
    void checkpointKeepsItsInputsPacked(@TempDir Path folder) {
        NDArray x = leaf(3, -4);
        NDList in = new NDList(x);
        Function<NDList, NDList> part = v -> new NDList(v.get(0).square());
        NDArray y = with(new OnDisk(folder), () -> Checkpoint.apply(part, in, new NDList()).get(0));
        // The state of the generator and the input.
        assertEquals(2, files(folder));
        backward(y.sum());
        assertGradient(x, 6, -8);
        assertEquals(0, files(folder));
    }

    @Test
    void releaseThatFailsKeepsNothingFromTheOthers(@TempDir Path folder) {
        NDArray x = leaf(3);
        NDArray w = leaf(5);
        List<Path> packed = new ArrayList<>();
        OnDisk disk = new OnDisk(folder);
        SavedTensorHooks<Path> noting =
                new TestFunctions.Packing<>(
                        array -> {
                            packed.add(disk.pack(array));
                            return packed.get(packed.size() - 1);
                        },
                        disk::unpack,
                        disk::release);
        NDArray y = with(noting, () -> Misuses.scale(Misuses::correct).apply(x, w));
        disk.release(packed.get(0)); // so that the engine's own release of it fails
        y.close();
        assertEquals(0, files(folder));
    }
}
