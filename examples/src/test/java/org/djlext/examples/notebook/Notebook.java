/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.notebook;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A notebook file in the format 4.5.
 *
 * @param json the file
 */
record Notebook(JsonObject json) {

    /**
     * A cell of code with what it printed.
     *
     * @param id its name in the notebook
     * @param varies whether its output depends on the machine, which the tag "varies" says
     * @param executed whether it has the number of an execution
     * @param errors the errors that it ended with
     * @param text what it printed and the text of its value
     * @param pictures how many PNG images it shows
     */
    record Cell(
            String id,
            boolean varies,
            boolean executed,
            List<String> errors,
            String text,
            int pictures) {}

    static Notebook read(Path file) throws IOException {
        return new Notebook(JsonParser.parseString(Files.readString(file)).getAsJsonObject());
    }

    String format() {
        return json.get("nbformat").getAsInt() + "." + json.get("nbformat_minor").getAsInt();
    }

    String kernel() {
        return json.getAsJsonObject("metadata")
                .getAsJsonObject("kernelspec")
                .get("name")
                .getAsString();
    }

    List<Cell> code() {
        List<Cell> cells = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray("cells")) {
            JsonObject cell = element.getAsJsonObject();
            if (cell.get("cell_type").getAsString().equals("code")) {
                cells.add(code(cell));
            }
        }
        return cells;
    }

    String text() {
        return code().stream().map(Cell::text).collect(Collectors.joining("\n"));
    }

    private static Cell code(JsonObject cell) {
        JsonElement tags = cell.getAsJsonObject("metadata").get("tags");
        List<String> errors = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        int pictures = 0;
        for (JsonElement element : cell.getAsJsonArray("outputs")) {
            JsonObject output = element.getAsJsonObject();
            switch (output.get("output_type").getAsString()) {
                case "stream" -> text.append(joined(output.get("text")));
                case "error" -> errors.add(output.get("evalue").getAsString());
                default -> {
                    JsonObject data = output.getAsJsonObject("data");
                    if (data.has("text/plain")) {
                        text.append(joined(data.get("text/plain"))).append('\n');
                    }
                    pictures += data.has("image/png") ? 1 : 0;
                }
            }
        }
        return new Cell(
                cell.get("id").getAsString(),
                tags != null && tags.toString().contains("\"varies\""),
                !cell.get("execution_count").isJsonNull(),
                errors,
                text.toString(),
                pictures);
    }

    // A text is one string or a list of its lines.
    private static String joined(JsonElement text) {
        if (text.isJsonPrimitive()) {
            return text.getAsString();
        }
        StringBuilder lines = new StringBuilder();
        text.getAsJsonArray().forEach(line -> lines.append(line.getAsString()));
        return lines.toString();
    }
}
