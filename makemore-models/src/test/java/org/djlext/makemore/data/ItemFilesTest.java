/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.djlext.testing.Golden;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists as people have them: files that Python has written and read, and what each gives. */
class ItemFilesTest {

    private final Path folder = Golden.path(ItemFilesTest.class, "items");
    private final Path dir;

    ItemFilesTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private Items read(String name) {
        String file = folder.resolve(name).toString();
        return switch (name) {
            case "yob1880.txt" -> table(file, "1", "3").items();
            case "header.csv", "no_number.csv" -> table(file, null, "count").items();
            default -> items(file);
        };
    }

    private static Items items(String... files) {
        return Source.names(List.of(files)).items();
    }

    private static Source table(
            String file, @Nullable String column, @Nullable String countColumn) {
        return Source.names(List.of(file), column, countColumn, Source.DEFAULT_MAX_LENGTH);
    }

    @Test
    void everyFileGivesWhatPythonReadsOrOneSentence() throws IOException {
        JsonObject expected = json("expected.json");
        JsonObject refused = json("refused.json");
        Set<String> files = new TreeSet<>(expected.keySet());
        files.addAll(refused.keySet());
        assertTrue(files.size() >= 30, files.size() + " files");
        for (String name : files) {
            String file = folder.resolve(name).toString();
            if (refused.has(name)) {
                String sentence = refused.get(name).getAsString().replace("*", file);
                assertFails(DataFileException.class, sentence, () -> read(name));
                continue;
            }
            Items items = read(name);
            JsonObject want = expected.getAsJsonObject(name);
            List<String> once = Golden.strings(want.get("items"));
            List<String> repeated = new ArrayList<>();
            for (int i = 0; i < once.size(); i++) {
                int count =
                        want.has("counts") ? want.getAsJsonArray("counts").get(i).getAsInt() : 1;
                repeated.addAll(Collections.nCopies(count, once.get(i)));
            }
            assertEquals(repeated, items.items(), name);
        }
    }

    @Test
    void countsRepeatItemsWithoutCopies() {
        assertEquals(
                List.of("a", "a", "c", "c", "c", "d"),
                ListView.repeated(List.of("a", "c", "d"), 2, 3, 1));
        List<String> names = read("yob1880.txt").items();
        assertEquals(7065 + 2604 + 2003, names.size());
        assertEquals("Mary", names.get(7064));
        assertEquals("Anna", names.get(7065));
        assertFails(
                DataFileException.class,
                "the counts must add up to at most 2147483647, but do to 2900000000; divide them by"
                        + " a number",
                () -> ListView.repeated(List.of("a", "b"), 2_000_000_000, 900_000_000));
    }

    /** As of a file that has each name so many times: a common name is in all parts. */
    @Test
    void aSplitIsOfAllOccurrences() {
        List<String> counted = ListView.repeated(List.of("ava", "mia", "zoe"), 60, 30, 10);
        List<String> written = new ArrayList<>(Collections.nCopies(60, "ava"));
        written.addAll(Collections.nCopies(30, "mia"));
        written.addAll(Collections.nCopies(10, "zoe"));
        NameSplit split = NameSplit.of(counted);
        assertEquals(NameSplit.of(written), split);
        assertEquals(80, split.train().size());
        assertEquals(10, split.dev().size());
        assertEquals(10, split.test().size());
        assertTrue(split.dev().contains("ava") && split.test().contains("ava"), split.toString());
    }

    @Test
    void columnsAreFoundByNameAndByNumber() throws IOException {
        Path table = Files.writeString(dir.resolve("table.csv"), "3,emma\n5,ava\n");
        String file = table.toString();
        assertEquals(List.of("emma", "ava"), table(file, "2", null).items().items());
        assertEquals(List.of("3", "5"), items(file).items());
        Source byName = table(file, "name", null);
        assertFails(
                DataFileException.class,
                "line 1 of "
                        + file
                        + " must have the column name, but has 3, emma; give a name of the first"
                        + " line, or a number from 1 to 2",
                byName::items);
        Path open = Files.writeString(dir.resolve("open.csv"), "name\n\"emma\nava\n");
        assertFails(
                DataFileException.class,
                "line 2 of " + open + " has a quote that is not closed",
                () -> items(open.toString()));
    }

    @Test
    void foldersSeveralFilesAndStandardInputAreReadInOrder() throws IOException {
        Path names = Files.createDirectory(dir.resolve("names"));
        Files.writeString(names.resolve("b.txt"), "emma\n");
        Files.writeString(names.resolve("a.csv"), "name,sex\nava,F\n");
        Files.writeString(names.resolve(".hidden"), "no\n");
        Path more = Files.writeString(dir.resolve("more.txt"), "mia");
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream("zoë\r\n".getBytes(StandardCharsets.UTF_8)));
        try {
            assertEquals(
                    List.of("mia", "zoë", "ava", "emma"),
                    items(more.toString(), "-", names.toString()).items());
            // It is at its end now.
            assertFails(
                    DataFileException.class,
                    "standard input is empty; give a file with an item a line",
                    () -> items("-"));
        } finally {
            System.setIn(before);
        }
        Path none = Files.createDirectory(dir.resolve("none"));
        assertFails(
                DataFileException.class,
                "the folder " + none + " has no files; name one with some",
                () -> items(none.toString()));
    }

    @Test
    void longItemsAreSaidOrRefused() {
        String file = folder.resolve("long_item.txt").toString();
        assertEquals(
                List.of(
                        "the longest item, line 2 of "
                                + file
                                + ", has 120 characters, which models that see whole items are"
                                + " sized by"),
                items(file).notices());
        Source upTo119 = Source.names(List.of(file), null, null, 119);
        assertThrows(DataFileException.class, upTo119::items);
        String longLine = folder.resolve("long_line.txt").toString();
        Source upTo20000 = Source.names(List.of(longLine), null, null, 20_000);
        assertEquals(20_000, upTo20000.items().items().get(1).length());
    }

    @Test
    void textsHaveTheSameEncodingsAndLineEnds() throws IOException {
        assertEquals("emma\nolivia\nava\n", Texts.read(folder.resolve("crlf.txt").toString()));
        assertEquals("Юлия\nemma\n", Texts.read(folder.resolve("utf16_mark.txt").toString()));
        assertEquals(
                "emma\nolivia\nava\nmia\n",
                Texts.read(folder.resolve("joined_marks.txt").toString()));
        assertEquals(
                "emma\nolivia\nemma\nolivia\n",
                Texts.read(
                        folder.resolve("names.txt.gz").toString(),
                        folder.resolve("utf8_mark.txt").toString()));
        Path tabs = Files.writeString(dir.resolve("tabs.txt"), "a\tb\n\n  c\u00a0d\n");
        assertEquals("a\tb\n\n  c d\n", Texts.read(tabs.toString()));
    }

    @Test
    void aCharacterAcrossTwoBlocksIsReadAndAWrongByteFarInsideIsFound() throws IOException {
        String line = "Юлия".repeat(20) + "\n";
        Path file = Files.writeString(dir.resolve("many.txt"), "x" + line.repeat(3000));
        List<String> items = items(file.toString()).items();
        assertEquals(3000, items.size());
        assertTrue(items.subList(1, 3000).stream().allMatch(item -> (item + "\n").equals(line)));
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 3] = (byte) 0xff;
        Files.write(file, bytes);
        assertFailsSaying(
                DataFileException.class,
                () -> items(file.toString()),
                "line 3000 of " + file + " is not UTF-8");
    }

    private JsonObject json(String name) throws IOException {
        return JsonParser.parseString(Files.readString(folder.resolve(name))).getAsJsonObject();
    }
}
