/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.djlext.testing.Failures.assertContains;
import static org.djlext.testing.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.djlext.testing.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class WatchedProcessTest {

    private static final Pattern WARM = Pattern.compile("^step 1000");
    private static final Pattern DONE = Pattern.compile("^done");

    /** Stands for a training main that keeps so many MiB of memory outside the heap. */
    public static final class Child {
        private Child() {}

        /**
         * The main.
         *
         * @param args MiB, and what to print at the end
         */
        public static void main(String[] args) throws InterruptedException {
            System.out.println("step 1000");
            Thread.sleep(300);
            List<ByteBuffer> kept = new ArrayList<>();
            for (int i = 0; i < Integer.parseInt(args[0]); i++) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
                for (int at = 0; at < buffer.capacity(); at += 1024) {
                    buffer.put(at, (byte) 1);
                }
                kept.add(buffer);
            }
            Thread.sleep(300);
            System.out.println(args[1]);
            System.exit(kept.size() == Integer.parseInt(args[0]) ? 0 : 1);
        }
    }

    private static WatchedProcess process(String... arguments) {
        String[] options = {
            "-Xms16m", "-Xmx16m", "-XX:+AlwaysPreTouch", "-XX:MaxDirectMemorySize=64m"
        };
        List<String> command = Command.java(Child.class, options);
        command.addAll(List.of(arguments));
        return new WatchedProcess(command, WARM, DONE);
    }

    @Test
    void memoryThatIsKeptIsSeen() throws Exception {
        WatchedProcess.Memory memory = process("40", "done").run();
        assertEquals(40, memory.atEnd() - memory.atStart(), 8);
        assertTrue(memory.largest() >= memory.atEnd(), memory.toString());
        assertTrue(memory.changePercent() > 20, memory.toString());
    }

    @Test
    void aProcessThatEndsWithoutItsLastLineIsAnError() {
        String message = message(IOException.class, () -> process("1", "gone").run());
        assertContains(message, "without its last line");
        assertTrue(message.endsWith("gone"), message);
    }
}
