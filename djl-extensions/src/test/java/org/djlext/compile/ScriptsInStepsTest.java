/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.TorchScript;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Blocks that call a script of their own: it becomes a part of what is compiled. */
class ScriptsInStepsTest extends ArrayTest {

    private static final String SOURCE =
            """
            def square(x):  # not square(y)
                return x * x

            def swish(x, beta: float = 1.0):
                return square(x) / x * torch.sigmoid(beta * x)

            def halves(self, x, sizes: List[int], name: str):
                assert name == "it's square(x)"
                a, b = x.split(sizes, 1)
                return self.square(a), b

            def all(xs: List[Tensor], scale: float, more: Optional[Tensor]):
                y = torch.cat(xs, 1) * scale
                return y if more is None else y + more

            def same(x):
                return x.t()

            def noise(x):
                return x * torch.rand_like(x)

            def change(x):
                return x.add_(1)
            """;

    @AutoClose private final TorchScript script = TorchScript.compile(SOURCE);

    private Map<String, UnaryOperator<NDArray>> layers() {
        return Map.of(
                "swish", x -> call("swish", x),
                "swish of a whole number", x -> call("swish", x, 2),
                "two results", this::halves,
                "lists", x -> call("all", new NDList(x, x.mul(2)), 0.5, null).get(":, 3:9"),
                "a view", x -> call("same", call("same", x)).add(x),
                "random numbers", x -> call("noise", x));
    }

    private NDArray halves(NDArray x) {
        NDList halves = script.function("halves").call(x, new long[] {2, 4}, "it's square(x)");
        return halves.get(0).concat(halves.get(1), 1);
    }

    private NDArray call(String function, @Nullable Object... arguments) {
        return script.function(function).callForArray(arguments);
    }

    private static Block block(UnaryOperator<NDArray> layer) {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(6).build())
                .add(x -> new NDList(layer.apply(x.head())))
                .add(Linear.builder().setUnits(3).build());
    }

    @Test
    void trainsAsTheEngineDoes() {
        layers().forEach(
                        (name, layer) -> {
                            String text =
                                    Twins.compare(
                                            () -> block(layer),
                                            Loss.softmaxCrossEntropyLoss(),
                                            DataType.FLOAT64,
                                            new Shape(4, 5),
                                            () -> Small.sgd(0.1),
                                            1e-9);
                            assertTrue(text.contains("def script0_square(x)"), name);
                        });
    }

    @Test
    void forwardOfABlock() {
        Block block = block(x -> call("swish", x));
        block.initialize(manager, DataType.FLOAT64, new Shape(4, 5));
        NDList x = new NDList(random(4, 5));
        NDArray expected = block.forward(new ParameterStore(manager, false), x, false).head();
        try (CompiledForward forward = new CompiledForward(block)) {
            assertTrue(expected.allClose(forward.call(x).head(), 1e-12, 1e-12, false));
        }
    }

    @Test
    void changesInPlaceAreRefused() {
        Block block = block(x -> call("change", x));
        block.initialize(manager, DataType.FLOAT32, new Shape(4, 5));
        NDList data = new NDList(manager.ones(new Shape(1, 4, 5)));
        Small.assertRefused(
                block,
                Small.sum(),
                data,
                data,
                "the script function change changes an argument in place");
    }
}
