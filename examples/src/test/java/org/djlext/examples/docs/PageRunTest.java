/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the test of the pages' commands finds, on pages made up for it; no jar is needed. */
@SuppressWarnings("StringConcatToTextBlock") // a page and what is said of it stand side by side
class PageRunTest {

    @TempDir private Path folder;

    private List<String> failures(String text) throws IOException, InterruptedException {
        Page page = Page.of(Path.of("docs", "page.md"), text);
        return new PageRun(page, new Workspace(folder), false).failures();
    }

    @Test
    void aRightPageHasNoFailures() throws IOException, InterruptedException {
        String text =
                """
                Words, `train --model MODEL`, `makemore --help` `org.djlext.nn.TanhFunction`,
                and `-Dorg.djlext.native=FILE`.

                ```sh
                ./mvnw -q -DskipTests package   # builds
                ./mvnw -q -Pgpu -pl benchmarks -am test -Dtest=SideBySideTest
                echo "1  2" | \\
                    cat; echo three 0.25 s
                ```

                prints

                <!-- output -->
                ```
                1  2
                three ... s
                ```

                <!-- output of: printf ' a\\nb\\nc\\nd\\n' -->
                ```
                 a
                ...
                d
                ```

                <!-- exit 3 -->
                ```sh
                echo it was refused >&2; exit 3
                ```
                <!-- output -->
                ```
                it was refused
                ```

                <!-- not run: takes a day -->
                ```
                java -jar examples/target/makemore.jar train --max-steps 5 --model=wavenet > log
                ```

                ```
                java -jar examples/target/makemore.jar eval --data names.txt
                ```
                <!-- output -->
                ```
                not compared, because it needs the lectures' names
                ```
                """;
        assertEquals(List.of(), failures(text));
    }

    /** Pages, with ¶ where a line ends, and what is said of each. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ```sh¶false¶``` | 2: false¶  ended with 1, not 0
                    <!-- exit 2 -->¶```sh¶true¶``` | 3: true¶  ended with 0, not 2
                    <!-- notrun: x -->¶```sh¶true¶``` | 2: the comment before a fence
                    ```¶./mvnw packaged¶``` | 2: ./mvnw packaged¶  there is no phase or flag packaged
                    ```¶./mvnw -pl no exec:java¶``` | 2: ./mvnw -pl no exec:java¶  there is no module no
                    ```¶./mvnw -Pfast,gpu test¶``` | -Pfast,gpu test¶  there is no profile fast
                    ```¶./mvnw javadok:jar¶``` | ./mvnw javadok:jar¶  the build has no plugin for javadok:jar
                    `./mvnw test -Dtest=NoTest` | 1: ./mvnw test -Dtest=NoTest¶  there is no test NoTest
                    ```¶./mvnw -pl benchmarks exec:java -Dexec.mainClass=MAIN¶``` | there is no class MAIN in [benchmarks]
                    <!-- not run: long -->¶```¶JAR train --stepz 3¶``` | 3: JAR train --stepz 3¶  Unknown option
                    `train --stepz 3` | 1: train --stepz 3¶  makemore train has no option
                    `makemore tain` | 1: makemore tain¶  makemore has no command tain
                    `org.djlext.nn.Tanh2` | there is no class or package org.djlext.nn.Tanh2
                    ```¶as follows¶./mvnw verify¶``` | 1: a block with a command must begin with it
                    ```sh¶echo a; echo b¶```¶OUT¶```¶a¶``` | 5: output of the commands before it¶  the page ends, but there came this:¶    b
                    ```sh¶echo a¶```¶OUT¶```¶a¶...¶c¶``` | the page says "c", but there came nothing more
                    <!-- not run: long -->¶```sh¶echo a¶```¶OUT¶```¶a¶``` | its command was not run
                    <!-- output of: echo b -->¶```¶a¶``` | the page says "a", but there came this:¶    b
                    """)
    void aWrongPageIsFound(String text, String message) throws IOException, InterruptedException {
        List<String> failures = failures(written(text));
        assertEquals(1, failures.size(), failures::toString);
        assertContains(failures.get(0), written(message));
        assertTrue(failures.get(0).startsWith("docs/page.md:"), failures.get(0));
    }

    private static String written(String line) {
        return line.replace('¶', '\n')
                .replace("MAIN", "org.djlext.examples.cli.Makemore")
                .replace("JAR", "java -jar examples/target/makemore.jar")
                .replace("OUT", "<!-- output -->");
    }
}
