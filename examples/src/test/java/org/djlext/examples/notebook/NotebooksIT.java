/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.notebook;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.djlext.examples.Python;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All notebooks run in Jupyter's Java kernel, and print what is stored in them. */
class NotebooksIT {

    private static final Path FOLDER = Path.of("..", "notebooks");
    private static final long MOST_BYTES = 300_000;

    /** Numbers of the lectures, and of PyTorch for the same seeds, that must be in the outputs. */
    private static final Map<String, List<String>> ANCHORS =
            Map.of(
                    "01-micrograd",
                    List.of(
                            "f( 3.000) = 20.0000   slope  14.0000",
                            "o = 0.7071",
                            "x1 -1.5000  w1 1.0000  x2 0.5000  w2 0.0000",
                            "g 24.7041, dg/da 138.8338, dg/db 645.5773",
                            "41 parameters",
                            "337 parameters, accuracy 100%"),
                    "02-bigrams",
                    List.of(
                            "-log(1/27) = 3.2958",
                            "nll of all names 2.408577",
                            ".e: the net gives the label 0.0123, nll 4.3993",
                            "loss 3.7693"),
                    "03-mlp",
                    List.of("3,481 parameters", "mlp with 11897 parameters"),
                    "04-activations-gradients-batch-norm",
                    List.of("log 27 = 3.2958", "mlp-bn with 12097 parameters"),
                    "05-backprop-ninja",
                    List.of(
                            "4,137 parameters",
                            "logprobs        | exact: True  | approximate: True",
                            "counts          | exact: True  | approximate: True",
                            "C               | exact: ",
                            "12,297 parameters",
                            "all gradients of ten steps agree"),
                    "06-wavenet",
                    List.of(
                            "22,097 parameters",
                            "(4, 4, 20), equal: true",
                            "170,897 parameters",
                            "68 hidden units: 22,397 parameters",
                            "128 hidden units: 76,579 parameters"),
                    "07-gpt",
                    List.of(
                            "[2.0, 7.0, 4.0, 5.5, 4.66666",
                            "version 2 as version 1: true",
                            "version 3 as version 1: true",
                            "as the engine's kernel: true",
                            "with and without the cache the same: true"));

    @Test
    void printWhatIsStored(@TempDir Path folder) throws IOException, InterruptedException {
        String printed =
                Python.run(
                        new ProcessBuilder(
                                Python.with("nbclient"),
                                FOLDER.resolve("execute.py").toString(),
                                "--to",
                                folder.toString()));
        System.out.print(printed); // how long each took, or why it failed
        List<Path> files = files();
        assertEquals(7, files.size(), "notebooks");
        for (Path file : files) {
            Path executed = folder.resolve(file.getFileName());
            assertTrue(Files.exists(executed), file + " was not executed: " + printed);
            compare(file.getFileName().toString(), Notebook.read(file), Notebook.read(executed));
        }
    }

    @Test
    void areStoredWithOutputs() throws IOException {
        assertEquals(7, files().size());
        for (Path file : files()) {
            String name = file.getFileName().toString();
            Notebook notebook = Notebook.read(file);
            assertTrue(Files.size(file) < MOST_BYTES, name + " is large");
            assertEquals("4.5", notebook.format(), name);
            assertEquals("djl-extensions", notebook.kernel(), name);
            assertTrue(notebook.code().stream().anyMatch(cell -> cell.pictures() > 0), name);
            for (Notebook.Cell cell : notebook.code()) {
                assertTrue(cell.executed(), cell.id());
                assertEquals(List.of(), cell.errors(), cell.id());
            }
            assertFalse(notebook.text().contains("approximate: False"), name);
        }
    }

    private static void compare(String name, Notebook stored, Notebook executed) {
        List<Notebook.Cell> want = stored.code();
        List<Notebook.Cell> got = executed.code();
        assertEquals(want.size(), got.size(), name);
        for (int i = 0; i < want.size(); i++) {
            Notebook.Cell before = want.get(i);
            Notebook.Cell after = got.get(i);
            assertEquals(List.of(), after.errors(), before.id());
            assertEquals(before.pictures(), after.pictures(), before.id());
            assertEquals(before.text().isEmpty(), after.text().isEmpty(), before.id());
            NumbersInText stands = NumbersInText.of(before.text());
            if (!before.varies() && !NumbersInText.of(after.text()).isCloseTo(stands)) {
                assertEquals(before.text(), after.text(), before.id());
            }
        }
        String text = executed.text();
        assertFalse(text.contains("approximate: False"), name);
        assertAll(
                Objects.requireNonNull(ANCHORS.get(name.replace(".ipynb", "")), name).stream()
                        .map(anchor -> () -> assertTrue(text.contains(anchor), anchor)));
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".ipynb")).sorted().toList();
        }
    }
}
