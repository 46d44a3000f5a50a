/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import java.util.ArrayList;
import java.util.List;

/** Reads the parameters of a function from {@code def name(a: Tensor, b: float = 1.0)}. */
final class ScriptHeader {

    private ScriptHeader() {}

    /** Returns where the bracket that opens at a place closes, or the end of the text. */
    static int closing(String text, int open) {
        int depth = 0;
        for (int i = open; i < text.length(); i++) {
            depth += step(text.charAt(i));
            if (depth == 0) {
                return i;
            }
        }
        return text.length();
    }

    /**
     * Returns the parameters, without self.
     *
     * @param header what is between the brackets, with strings and comments blanked
     */
    static List<ScriptParameter> parameters(String header) {
        List<ScriptParameter> parameters = new ArrayList<>();
        int start = 0;
        int depth = 0;
        for (int i = 0; i <= header.length(); i++) {
            if (i == header.length() || (depth == 0 && header.charAt(i) == ',')) {
                String text = header.substring(start, i).strip();
                start = i + 1;
                if (!text.isEmpty() && !text.matches("self\\b.*") && !text.equals("*")) {
                    parameters.add(parameter(text));
                }
            } else {
                depth += step(header.charAt(i));
            }
        }
        return List.copyOf(parameters);
    }

    private static ScriptParameter parameter(String text) {
        int equals = text.indexOf('=');
        String declared = equals < 0 ? text : text.substring(0, equals);
        int colon = declared.indexOf(':');
        String name = colon < 0 ? declared : declared.substring(0, colon);
        // A parameter without a type is a tensor.
        String type = colon < 0 ? "Tensor" : declared.substring(colon + 1).replaceAll("\\s", "");
        return ScriptParameter.of(
                name.strip(), type.replace("torch.Tensor", "Tensor"), equals >= 0);
    }

    private static int step(char c) {
        return c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
    }
}
