/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Statistics, curves and shapes, against PyTorch's or by hand. */
class NumbersTest extends ArrayTest {

    private static final CharVocabulary LETTERS = CharVocabulary.LETTERS;

    private final JsonObject golden = Golden.read("/golden/lecture_losses.json");

    @Test
    void aDistributionIsADensity() {
        // The squares of the differences sum up to 9.5.
        NDArray x = manager.create(new float[] {0, 1, 1, 2, 4, 1});
        Distribution d = Distribution.of(x, 4);
        assertEquals(1.5, d.mean(), 1e-6);
        assertEquals(Math.sqrt(9.5 / 5), d.std(), 1e-6);
        assertEquals(List.of(0.0, 1.0, 2.0, 3.0, 4.0), d.edges());
        // Bins are closed on the left, the last on both sides; a width of 1 leaves shares.
        double[] shares = {1 / 6.0, 3 / 6.0, 1 / 6.0, 1 / 6.0};
        for (int i = 0; i < shares.length; i++) {
            assertEquals(shares[i], d.density().get(i), 1e-6);
        }
        // Over narrower bins the densities are higher.
        assertEquals(2 * shares[0], Distribution.of(x, 8).density().get(0), 1e-6);
        assertEquals(100, Distribution.of(x).density().size());
        for (DataType type : new DataType[] {DataType.FLOAT16, DataType.INT64}) {
            assertEquals(d, Distribution.of(x.toType(type, true), 4), type.toString());
        }
    }

    @Test
    void whatIsNotFiniteHasNoDistribution() {
        NDArray x = manager.create(new float[] {1, Float.NaN});
        assertRefused(
                "a distribution takes at least one number and finite ones only, but an array of"
                        + " shape (2) has infinity or NaN; training may have diverged, so try a"
                        + " lower learning rate",
                () -> Distribution.of(x));
        assertRefused("a histogram has 1 bin or more, but got 0", () -> Distribution.of(x, 0));
    }

    @Test
    void aUnitSaturatedForAllExamplesIsDead() {
        NDArray t =
                manager.create(
                        new float[][] {
                            {0.98f, -0.995f, 0.1f},
                            {0.995f, 0.995f, -0.5f},
                        });
        assertEquals(4 / 6.0, Saturation.share(t, Saturation.LIMIT), 1e-9);
        assertEquals(3 / 6.0, Saturation.share(t, Saturation.MAP_LIMIT), 1e-9);
        assertEquals(List.of(1), Saturation.deadUnits(Saturation.map(t, Saturation.MAP_LIMIT)));
        assertEquals(List.of(0, 1), Saturation.deadUnits(Saturation.map(t, Saturation.LIMIT)));
    }

    @ParameterizedTest
    @CsvSource({
        "hierarchical_76579, 24, 128, 3",
        "hier_hidden68, 10, 68, 3",
        "flat_original_hidden200, 10, 200, 1"
    })
    void shapesAreThoseOfMakemore5(String name, int embedding, int hidden, int levels) {
        JsonArray want = golden.getAsJsonObject(name).getAsJsonArray("layer_shapes");
        ModelConfig config =
                ModelType.WAVENET
                        .defaults(LETTERS.size(), 15)
                        .with(Map.of("embedding", embedding, "hidden", hidden, "layers", levels));
        ContextModel model = (ContextModel) config.model();
        model.initialize(manager, DataType.FLOAT32);
        Map<String, String> classes =
                Map.of(
                        "Emb", "Embedding",
                        "Flat", "FlattenConsecutive",
                        "Linear", "Linear",
                        "BN", "BatchNorm",
                        "Tanh", "Tanh");
        Examples examples =
                model.examples(List.of("emma", "olivia", "ava", "isabella", "sophia"), LETTERS);
        List<LayerStatistics> got =
                LayerStatistics.of(manager, model, examples.slice(manager, 0, 32).x());
        assertEquals(want.size(), got.size());
        for (int i = 0; i < got.size(); i++) {
            JsonArray layer = want.get(i).getAsJsonArray();
            String shape =
                    layer.get(1).toString().replace("[", "(").replace("]", ")").replace(",", ", ");
            assertEquals(
                    classes.get(layer.get(0).getAsString()) + " : " + shape,
                    got.get(i).shapeLine());
        }
    }

    @Test
    void aWideLayerScalesSignalAndGradientAsInPyTorch() {
        assertStds("linear_stats", SignalScale.of(manager, 2147483647L, 1000, false));
        assertStds("linear_bn_stats", SignalScale.of(manager, 2147483647L, 1000, true));
    }

    private void assertStds(String name, Map<String, Double> got) {
        JsonObject want = golden.getAsJsonObject(name);
        assertEquals(want.keySet(), got.keySet());
        got.forEach(
                (key, std) ->
                        assertEquals(1, std / want.get(key).getAsDouble(), 1e-5, name + " " + key));
    }

    @Test
    void lossesAreAveragedLikeAView() {
        // torch.arange(10.).view(-1, 5).mean(1)
        List<Integer> ten = List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertEquals(List.of(2.0, 7.0), LossCurve.means(ten, 5));
        assertEquals(List.of(1.5, 5.5), LossCurve.means(ten, 4));
        // torch.arange(10.).unfold(0, 8, 1).mean(1): a last mean of one loss would be 9.
        assertEquals(List.of(3.5, 4.5, 5.5), LossCurve.movingMeans(ten, 8));
        assertEquals(List.of(5.0, 3.0, 2.0), LossCurve.movingMeans(List.of(9, 4, 2, 3, 1), 3));
        assertEquals(List.of(), LossCurve.movingMeans(List.of(9, 4), 3));
        assertEquals(List.of(-1.0, 2.0), LossCurve.log10(List.of(0.1, 100)));
        assertRefused(
                "losses are averaged in groups of 1 or more, but got 0",
                () -> LossCurve.means(ten, 0));
    }

    @Test
    void theValleyLiesBetweenTooSlowAndTooFast() {
        List<Double> rates = new ArrayList<>();
        List<Float> losses = new ArrayList<>();
        for (int i = 0; i <= 300; i++) {
            rates.add(Math.pow(10, -3 + i / 100.0));
            // A parabola with its lowest point at 10^-1, and noise that the mean takes out.
            losses.add((float) (2 + 0.25 * Math.pow(-3 + i / 100.0 + 1, 2) + (i % 2) * 0.5));
        }
        LearningRateSearch search = new LearningRateSearch(rates, losses, false);
        assertEquals(-1, Math.log10(search.valley()), 0.02);
        assertEquals(301 - 30, search.smoothed().size());
        assertEquals(rates.subList(15, 286), search.smoothedRates());
    }

    @Test
    void aSearchThatDivergesKeepsWhatItSaw() {
        ModelConfig config = ModelType.MLP.defaults(LETTERS.size(), 15);
        ContextModel model = (ContextModel) config.model();
        model.initialize(manager, DataType.FLOAT32);
        Examples examples = model.examples(List.of("emma", "olivia"), LETTERS);
        LearningRateSearch search =
                LearningRateSearch.run(
                        manager, model, examples, new LearningRateSearch.Settings(8, 1, 1e60, 60));
        assertTrue(search.diverged());
        assertTrue(search.losses().size() > 1 && search.losses().size() < 60);
        assertEquals(search.losses().size(), search.rates().size());
        assertEquals(1, search.rates().get(0), 1e-9);
    }
}
