/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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

    static Stream<Arguments> wrongPages() {
        return Stream.of(
                Arguments.of("```sh\nfalse\n```", "2: false\n  ended with 1, not 0"),
                Arguments.of("<!-- exit 2 -->\n```sh\ntrue\n```", "3: true\n  ended with 0, not 2"),
                Arguments.of(
                        "<!-- notrun: x -->\n```sh\ntrue\n```", "2: the comment before a fence"),
                Arguments.of(
                        "```\n./mvnw packaged\n```",
                        "2: ./mvnw packaged\n  there is no phase or flag packaged"),
                Arguments.of(
                        "```\n./mvnw -pl nothing exec:java\n```",
                        "2: ./mvnw -pl nothing exec:java\n  there is no module nothing"),
                Arguments.of(
                        "```\n./mvnw -Pfast,gpu test\n```",
                        "2: ./mvnw -Pfast,gpu test\n  there is no profile fast"),
                Arguments.of(
                        "```\n./mvnw javadok:aggregate\n```",
                        "2: ./mvnw javadok:aggregate\n"
                                + "  the build has no plugin for javadok:aggregate"),
                Arguments.of(
                        "`./mvnw test -Dtest=NoSuchTest`",
                        "1: ./mvnw test -Dtest=NoSuchTest\n  there is no test NoSuchTest"),
                Arguments.of(
                        "```\n"
                                + "./mvnw -pl benchmarks exec:java"
                                + " -Dexec.mainClass=org.djlext.examples.cli.Makemore\n"
                                + "```",
                        "there is no class org.djlext.examples.cli.Makemore in [benchmarks]"),
                Arguments.of(
                        "<!-- not run: long -->\n"
                                + "```\n"
                                + "java -jar examples/target/makemore.jar train --stepz 3\n"
                                + "```",
                        "3: java -jar examples/target/makemore.jar train --stepz 3\n"
                                + "  Unknown option"),
                Arguments.of(
                        "`train --stepz 3`", "1: train --stepz 3\n  makemore train has no option"),
                Arguments.of("`makemore tain`", "1: makemore tain\n  makemore has no command tain"),
                Arguments.of(
                        "`org.djlext.nn.Tanh2`",
                        "there is no class or package org.djlext.nn.Tanh2"),
                Arguments.of(
                        "```\nas follows\n./mvnw verify\n```",
                        "1: a block with a command must begin with it"),
                Arguments.of(
                        "```sh\necho a; echo b\n```\n<!-- output -->\n```\na\n```",
                        "5: output of the commands before it\n"
                                + "  the page ends, but there came this:\n"
                                + "    b"),
                Arguments.of(
                        "```sh\necho a\n```\n<!-- output -->\n```\na\n...\nc\n```",
                        "the page says \"c\", but there came nothing more"),
                Arguments.of(
                        "<!-- not run: long -->\n```sh\necho a\n```\n<!-- output -->\n```\na\n```",
                        "its command was not run"),
                Arguments.of(
                        "<!-- output of: echo b -->\n```\na\n```",
                        "the page says \"a\", but there came this:\n    b"));
    }

    @ParameterizedTest
    @MethodSource("wrongPages")
    void aWrongPageIsFound(String text, String message) throws IOException, InterruptedException {
        List<String> failures = failures(text);
        assertEquals(1, failures.size(), failures::toString);
        assertTrue(failures.get(0).contains(message), failures.get(0));
        assertTrue(failures.get(0).startsWith("docs/page.md:"), failures.get(0));
    }
}
