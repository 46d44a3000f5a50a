/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SafeExitTest {

    /** Is inside the engine's backward, in one call, for some seconds. */
    @CommandLine.Command(name = "busy")
    static final class Busy implements Callable<Integer> {

        private static final long NODES = 1_000_000;

        @Override
        public Integer call() {
            ScriptFunction chain =
                    TorchScript.compile(
                                    """
                                    def chain(x, n: int):
                                        for i in range(n):
                                            x = torch.tanh(x)
                                        return x.sum()
                                    """)
                            .function("chain");
            try (NDManager manager = NDManager.newBaseManager();
                    GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray x = manager.ones(new Shape(4));
                x.setRequiresGradient(true);
                NDArray loss = chain.call(x, NODES).singletonOrThrow();
                System.out.println("busy");
                collector.backward(loss);
                System.out.println("done");
            }
            return 0;
        }

        /** The main of the process. */
        public static void main(String[] args) {
            System.exit(CommandLines.execute(new CommandLine(new Busy()), args));
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the signal and the handler are glibc's")
    void aSignalEndsTheProcessInTheMiddleOfBackward(@TempDir Path dir) throws Exception {
        MakemoreProcess busy = MakemoreProcess.start(Busy.class, dir, Map.of(), List.of());
        busy.await(() -> busy.log().contains("busy"));
        busy.process().destroy();
        // Neither the end of backward nor what the JVM says of a crash.
        assertEquals(new Outcome(128 + 15, "busy\n", ""), busy.end());
    }
}
