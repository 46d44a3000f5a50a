/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every class that a page or a notebook names is there, and so is its member. */
class DocsNamesTest {

    /** {@code Name}, {@code Name.member} or {@code new Name(..)}, with packages or arguments. */
    private static final Pattern NAME =
            Pattern.compile(
                    "(?:new )?(?:(?!torch)[a-z]+\\.)*([A-Z]\\w*[a-z]\\w*)(?:\\.(\\w+))?(?:[.(<].*)?");

    /** Where a name may come from if it is not the project's. */
    private static final List<String> PACKAGES =
            words(
                    """
                    ai.djl ai.djl.engine ai.djl.inference ai.djl.ndarray ai.djl.nn
                    ai.djl.repository.zoo ai.djl.training ai.djl.training.evaluator
                    ai.djl.training.loss java.awt.image java.io java.lang java.util
                    java.util.function
                    """);

    /** Names that are another program's: PyTorch's, Hugging Face's, the lectures', DL4J's. */
    private static final List<String> FOREIGN =
            words(
                    """
                    BatchNorm1d BigramLanguageModel Conv1D Flatten GRUCell GradCheckUtil
                    LegendrePolynomial3 LinearBigramNN NewGELU Node RNNCell SDVariable Tanh
                    TensorImpl UserDefinedCustomOp
                    """);

    /** Stands for a name of the reader's. */
    private static final String EXAMPLE = "SomethingFunction";

    private static List<String> words(String text) {
        return List.of(text.strip().split("\\s+", -1));
    }

    @Test
    void everyClassAndMemberIsThere() throws IOException {
        List<String> mistakes = new ArrayList<>();
        int names = 0;
        for (Page page : pages()) {
            List<String> own =
                    page.fences().stream().map(Fence::text).toList(); // classes of its programs
            for (Page.Span span : page.spans()) {
                Matcher name = NAME.matcher(span.text());
                if (name.matches()) {
                    names++;
                    if (!isThere(name.group(1), name.group(2), own)) {
                        mistakes.add(page.at(span.line()) + ": " + span.text());
                    }
                }
            }
        }
        assertTrue(names > 300, "only " + names + " names were found");
        assertEquals(List.of(), mistakes, () -> "\n" + String.join("\n", mistakes));
    }

    @Test
    void aNameThatIsNotThereIsFound() {
        assertTrue(isThere("AutogradFunction", null, List.of()));
        assertTrue(isThere("AutogradFunction", "backward", List.of()));
        assertTrue(isThere("Trainer", null, List.of()));
        assertTrue(isThere("Mine", null, List.of("public class Mine {}")));
        assertEquals(
                List.of(),
                Stream.of("AutogradFunctions", "CharTokenizer", "TrainingRun")
                        .filter(name -> isThere(name, null, List.of()))
                        .toList());
        assertEquals(
                List.of(),
                Stream.of("next", "tokens")
                        .filter(member -> isThere("LanguageModel", member, List.of()))
                        .toList());
    }

    /** All pages but the history, which names what has gone, and the text of the notebooks. */
    private static List<Page> pages() throws IOException {
        List<Page> pages = new ArrayList<>(Page.all());
        pages.removeIf(page -> page.file().equals(Path.of("CHANGELOG.md")));
        try (Stream<Path> files = Files.list(Page.ROOT.resolve("notebooks"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".ipynb")).toList()) {
                pages.add(Page.of(Page.ROOT.relativize(file), markdown(file)));
            }
        }
        return pages;
    }

    private static String markdown(Path notebook) throws IOException {
        JsonObject json = JsonParser.parseString(Files.readString(notebook)).getAsJsonObject();
        StringBuilder text = new StringBuilder();
        for (JsonElement cell : json.getAsJsonArray("cells")) {
            JsonObject object = cell.getAsJsonObject();
            if (object.get("cell_type").getAsString().equals("markdown")) {
                object.getAsJsonArray("source").forEach(line -> text.append(line.getAsString()));
                text.append("\n\n");
            }
        }
        return text.toString();
    }

    private static boolean isThere(String name, @Nullable String member, List<String> own) {
        boolean python = member != null && member.contains("_");
        if (name.equals(EXAMPLE) || FOREIGN.contains(name) || python) {
            return true;
        }
        if (member == null
                ? !Sources.declaring(name, own).isEmpty()
                : Sources.haveMember(name, member, own)) {
            return true;
        }
        return PACKAGES.stream().anyMatch(p -> exists(p + "." + name, member));
    }

    private static boolean exists(String className, @Nullable String member) {
        try {
            Class<?> found = Class.forName(className, false, DocsNamesTest.class.getClassLoader());
            return member == null
                    || Stream.concat(Stream.of(found.getMethods()), Stream.of(found.getFields()))
                            .anyMatch(m -> m.getName().equals(member));
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
