/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.djlext.examples.report.Versions;
import org.djlext.testing.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;

/** The command line as a whole: what all commands share, some of it in a process of its own. */
class MakemoreTest {

    @CommandLine.Command(name = "huge")
    static final class Huge implements Callable<Integer> {
        @Override
        public Integer call() {
            try (NDManager manager = NDManager.newBaseManager()) {
                return (int) manager.zeros(new Shape(1L << 50)).size();
            }
        }
    }

    @Test
    void anArrayThatDoesNotFitIsOneSentence() {
        StringWriter err = new StringWriter();
        CommandLine command = new CommandLine(new Huge()).setErr(new PrintWriter(err));
        assertEquals(CommandLines.USAGE, CommandLines.execute(command));
        assertEquals(
                "huge: the device has too little memory; take a smaller model, block size or batch"
                        + " size",
                err.toString().strip());
    }

    @Test
    void everythingIsDescribedForReadersOfTheHelp() {
        assertTrue(Outcome.ok("ninja --help").out().contains("--batch-size"));
        List<CommandLine> commands = new ArrayList<>(List.of(Makemore.commandLine()));
        List<String> bad = new ArrayList<>();
        for (int i = 0; i < commands.size(); i++) {
            commands.addAll(commands.get(i).getSubcommands().values());
            if (commands.get(i).getCommandSpec().usageMessage().description().length == 0) {
                bad.add(commands.get(i).getCommandName());
            }
            for (ArgSpec arg : commands.get(i).getCommandSpec().args()) {
                boolean named = arg.arity().max() == 0 || arg.paramLabel().matches("[A-Z:]+");
                if (!named || arg.description().length == 0) {
                    bad.add(commands.get(i).getCommandName() + " " + arg);
                }
            }
        }
        assertEquals(List.of(), bad);
        assertTrue(commands.size() > 10, "" + commands.size());
    }

    /** What takes time at the start is to load classes, which can be counted. */
    @Test
    void helpLoadsNoEngineAndNoOptionsOfCommands(@TempDir Path dir) throws Exception {
        String whole = Makemore.commandLine().getUsageMessage();
        assertEquals(whole, Makemore.commandLine("--help").getUsageMessage());
        assertTrue(whole.contains("\n  train "), whole);
        shell(dir, "JDK_JAVA_OPTIONS=-Xlog:class+load:file=loaded.txt makemore --help", 0);
        List<String> loaded = Files.readAllLines(dir.resolve("loaded.txt"));
        List<String> unneeded =
                loaded.stream()
                        .filter(
                                line ->
                                        line.matches(
                                                ".* (ai\\.djl|org\\.slf4j|org\\.djlext\\.makemore).*"))
                        .toList();
        assertEquals(List.of(), unneeded);
        assertTrue(loaded.size() > 500 && loaded.size() < 1600, loaded.size() + " classes");
    }

    @Test
    void theVersionIsThatOfTheArtifact() throws IOException {
        assumeFalse(Versions.project().startsWith("$"), "the classes were not built by Maven");
        String pom = Files.readString(Path.of("pom.xml"));
        String version = pom.replaceAll("(?s).*?<version>(.*?)</version>.*", "$1");
        assertEquals("makemore " + version + "\n", Outcome.of("--version").out());
    }

    /** Runs makemore by a shell script, as UTF-8 whatever the locale of this test is. */
    private static String shell(Path dir, String script, int exitCode) throws Exception {
        List<String> java =
                Command.java(Makemore.class, "-Xmx512m", "--enable-native-access=ALL-UNNAMED");
        String head = "makemore() { '" + String.join("' '", java) + "' \"$@\"; }\n";
        Files.writeString(dir.resolve("script.sh"), head + script);
        Path printed = dir.resolve("printed.txt");
        Process process =
                new ProcessBuilder("bash", "script.sh")
                        .directory(dir.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(printed.toFile())
                        .start();
        assertTrue(process.waitFor(120, TimeUnit.SECONDS));
        String text = Files.readString(printed, StandardCharsets.UTF_8);
        assertEquals(exitCode, process.exitValue(), text);
        return text;
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere paths need no locale")
    void cyrillicNeedsNoLocale(@TempDir Path dir) throws Exception {
        String printed =
                shell(
                        dir,
                        """
                        export LC_ALL=C LANG=C
                        for i in $(seq 20); do printf 'мария\\nмарина\\nиван\\nольга\\n'; done > имена.txt
                        makemore train --model mlp --data имена.txt --max-steps 5 --work-dir модель
                        makemore sample --work-dir модель --data имена.txt --prefix мар --num-samples 2 \\
                            2> /dev/null
                        test -f модель/last.safetensors
                        """,
                        0);
        assertTrue(printed.contains("80 names from имена.txt, 12 characters"), printed);
        assertTrue(printed.contains("the run is in модель\n"), printed);
        List<String> lines = printed.lines().toList();
        int end = lines.indexOf("the run is in модель");
        assertTrue(lines.get(end + 1).startsWith("мар"), printed);
        assertTrue(lines.get(end + 2).startsWith("мар"), printed);
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "/dev/full is Linux's")
    void aFullDiskIsAnErrorAndAReaderThatLeavesIsNone(@TempDir Path dir) throws Exception {
        assertEquals(
                "makemore: standard output cannot be written: no space left on device\n",
                shell(dir, "makemore bigram names > /dev/full", 2));
        shell(dir, "makemore --help > /dev/full", 2);
        assertEquals("", shell(dir, "makemore completion | true; exit ${PIPESTATUS[0]}", 141));
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "nobody can write to /proc")
    void aHomeThatCannotBeWrittenIsToldInASentence(@TempDir Path dir) throws Exception {
        String told = shell(dir, "DJL_CACHE_DIR=/proc/djl makemore bigram tensors > /dev/null", 2);
        assertTrue(
                told.startsWith("makemore bigram: the engine cannot be unpacked (/proc/djl"), told);
        assertTrue(told.endsWith("); name another folder in DJL_CACHE_DIR\n"), told);
        assertEquals(1, told.lines().count(), told);
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "asks bash")
    void bashCompletesCommandsAndOptions(@TempDir Path dir) throws Exception {
        String script =
                """
                makemore completion > completion.sh
                . ./completion.sh
                complete_words() {
                  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
                  _complete_makemore 2> /dev/null
                  echo "${COMPREPLY[*]}"
                }
                complete_words makemore tr
                complete_words makemore train --max-s
                """;
        assertEquals("train\n--max-steps\n", shell(dir, script, 0));
    }
}
