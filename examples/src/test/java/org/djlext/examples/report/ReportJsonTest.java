/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ReportJsonTest {

    private static final String HOSTILE =
            "</script><img src=x onerror=\"alert('x')\"> & \u2028 \u2029 \u0000 \\ \" \n <!--";

    @Test
    void noTextEndsTheElementThatHoldsIt() {
        String json = ReportJson.write(List.of(HOSTILE));
        for (String bad : List.of("<", ">", "&", "'", "=", "\u2028", "\u2029", "\u0000", "\n")) {
            assertFalse(json.contains(bad), json);
        }
        // A browser reads it in ReportInBrowserTest; here it is at least JSON again.
        assertEquals(HOSTILE, JsonParser.parseString(json).getAsJsonArray().get(0).getAsString());
    }

    @Test
    void numbersAreShortAndAlwaysJson() {
        assertEquals(
                "[0.333333,1E-20,123457000,null,null,null,0]",
                ReportJson.write(
                                new double[] {
                                    1 / 3.0,
                                    1e-20,
                                    123_456_789,
                                    Double.NaN,
                                    Double.POSITIVE_INFINITY,
                                    Double.NEGATIVE_INFINITY,
                                    0
                                })
                        .replace("1.23457E+8", "123457000"));
        assertEquals("[2.5,null]", ReportJson.write(new float[] {2.5f, Float.NaN}));
    }

    @Test
    void placesInTheDataAreLeftAlone() {
        TrainingReport report = new TrainingReport("{{script}} $1 {{data}}");
        report.samples(0, List.of(HOSTILE, "{{style}}"));
        String html = ReportPage.html(List.of(report), false);
        assertTrue(html.contains("\"title\":\"{{script}} $1 {{data}}\""), "kept as it is");
        assertEquals(3, html.split("</script>", -1).length, "two scripts end");
        assertFalse(html.contains("<img"), "no element of the text");
        assertEquals(
                List.of("https://github.com/leeoniya/uPlot"),
                Pattern.compile("https?:[^ )\"]*")
                        .matcher(html)
                        .results()
                        .map(MatchResult::group)
                        .toList(),
                "no other address than the origin of a script, in a comment");
        assertTrue(html.contains("Permission is hereby granted"), "the licence of uPlot");
    }
}
