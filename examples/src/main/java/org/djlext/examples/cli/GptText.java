/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.PrintWriter;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.sample.TokenStream;

/** Lets a GPT write to the terminal. */
final class GptText {

    private GptText() {}

    /**
     * Prints a prompt and how it goes on, each character as soon as it is drawn.
     *
     * @param sampler what draws
     * @param prompt the prefix of the settings
     * @param settings how many characters are drawn, and how
     * @param out where to print
     * @return the text without the prompt
     */
    static String print(
            Sampler sampler, String prompt, SamplerSettings settings, PrintWriter out) {
        out.print(prompt);
        out.flush();
        StringBuilder text = new StringBuilder();
        try (TokenStream stream = sampler.stream(settings)) {
            while (stream.hasNext()) {
                String character = sampler.decode(stream.nextInt());
                text.append(character);
                out.print(character);
                out.flush();
            }
        }
        out.println();
        return text.toString();
    }
}
