/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Adadelta;
import ai.djl.training.optimizer.Adagrad;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.optimizer.AdamW;
import ai.djl.training.optimizer.Nag;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.optimizer.RmsProp;
import ai.djl.training.optimizer.Sgd;
import ai.djl.training.tracker.ParameterTracker;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.ops.InPlace;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each optimizer of DJL trains a network of two layers for 200 steps, compiled in both ways: beside
 * DJL's own trainer where the engine has its update, and beside {@code torch.optim} of PyTorch 1.13
 * in float64 where it has not.
 */
class DjlOptimizersTest extends ArrayTest {

    private static final int STEPS = 200;
    private static final int[] SHOWN = {1, 60, 130, 199};
    private static final double TOLERANCE = 1e-9;

    static Stream<Arguments> ofTheEngine() {
        return Stream.of(
                optimizer("sgd", () -> sgd().build()),
                optimizer("sgd, all settings", () -> all(sgd().optMomentum(0.9f)).build()),
                optimizer("adam", () -> adam().build()),
                optimizer("adam, all settings", () -> all(adam().optEpsilon(1e-3f)).build()),
                optimizer("adamW", () -> adamW().build()),
                optimizer("adamW, all settings", () -> all(adamW().optBeta1(0.8f)).build()));
    }

    static Stream<Arguments> ofPyTorch() {
        return Stream.of(
                optimizer(
                        "nag", // SGD(nesterov=True)
                        () -> nag().build(),
                        0.558598871876802,
                        0.2135070090432384,
                        0.21324779898538432,
                        0.21312106359462657),
                optimizer(
                        "nag, all settings",
                        () -> all(nag()).build(),
                        0.6829990953073155,
                        0.21423277155992942,
                        0.2140137974041329,
                        0.21394327517134),
                optimizer(
                        "adagrad",
                        () -> adagrad().build(),
                        0.45520406008935155,
                        0.21327836025773675,
                        0.21297691943966388,
                        0.21282207493827238),
                optimizer(
                        "adagrad, all settings",
                        () -> all(adagrad()).build(),
                        0.4552053110477433,
                        0.2138782223569232,
                        0.2137772830585908,
                        0.2137431626536615),
                optimizer(
                        "rmsprop",
                        () -> rmsProp().build(),
                        0.6686622809675687,
                        0.2665933699601723,
                        0.21740651553170237,
                        0.2137963593388056),
                optimizer(
                        "rmsprop, all settings",
                        () -> all(rmsProp()).build(),
                        0.6826083928413118,
                        0.27538935376913914,
                        0.2223939222820243,
                        0.21504351146155404),
                // Like Graves and DJL's documents, with the rate inside the momentum: a fixed rate.
                optimizer(
                        "rmsprop, centered",
                        () -> centered().build(),
                        0.7073314211136065,
                        0.21559370770784297,
                        0.21051634531855065,
                        0.13342799125875218),
                optimizer(
                        "rmsprop, centered, all settings",
                        () -> all(centered()).build(),
                        0.7073978624043988,
                        0.21557812197020612,
                        0.21369051848855522,
                        0.21357761701620492),
                optimizer(
                        "adadelta",
                        () -> adadelta().build(),
                        0.7079862480089325,
                        0.3092806310489318,
                        0.2160733826966479,
                        0.21276949441464374),
                optimizer(
                        "adadelta, all settings",
                        () -> all(adadelta()).build(),
                        0.7080126723515785,
                        0.28334448374453264,
                        0.21433579291803037,
                        0.21379029054841983));
    }

    private static Arguments optimizer(
            String name, Supplier<Optimizer> optimizer, double... losses) {
        return Arguments.of(name, optimizer, losses);
    }

    private static Sgd.Builder sgd() {
        return Optimizer.sgd().setLearningRateTracker(falling(0.1f));
    }

    private static Adam.Builder adam() {
        return Optimizer.adam().optLearningRateTracker(falling(0.01f));
    }

    private static AdamW.Builder adamW() {
        return Optimizer.adamW().optLearningRateTracker(falling(0.01f));
    }

    private static Nag.Builder nag() {
        return Optimizer.nag().setLearningRateTracker(falling(0.1f)).setMomentum(0.9f);
    }

    private static Adagrad.Builder adagrad() {
        return Optimizer.adagrad().optLearningRateTracker(falling(0.1f));
    }

    private static RmsProp.Builder rmsProp() {
        return Optimizer.rmsprop().optLearningRateTracker(falling(0.005f)).optEpsilon(0.01f);
    }

    private static RmsProp.Builder centered() {
        return Optimizer.rmsprop()
                .optLearningRateTracker((id, update) -> 0.001f)
                .optEpsilon(1e-4f)
                .optCentered(true);
    }

    private static Adadelta.Builder adadelta() {
        return Optimizer.adadelta().optEpsilon(1e-6f);
    }

    private static ParameterTracker falling(float rate) {
        return (id, update) -> rate * (update > 50 ? 0.5f : 1) * (update > 120 ? 0.5f : 1);
    }

    private static <B extends Optimizer.OptimizerBuilder<B>> B all(B builder) {
        return builder.optWeightDecays(0.01f).optClipGrad(0.05f).setRescaleGrad(0.7f);
    }

    private NDArray numbers(Shape shape, IntToDoubleFunction number) {
        double[] numbers = IntStream.range(0, (int) shape.size()).mapToDouble(number).toArray();
        return manager.create(numbers, shape);
    }

    private NDList data(DataType type) {
        NDArray data = numbers(new Shape(5, 3), i -> Math.sin(0.7 * i));
        return new NDList(data.toType(type, false));
    }

    private NDList labels(DataType type) {
        NDArray labels = numbers(new Shape(5, 2), i -> Math.cos(1.3 * i));
        return new NDList(labels.toType(type, false));
    }

    private Block block(NDManager owner, DataType type) {
        Block block =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(4).build())
                        .add(Activation::tanh)
                        .add(Linear.builder().setUnits(2).build());
        block.initialize(owner, type, new Shape(5, 3));
        List<Parameter> parameters = block.getParameters().values();
        for (int k = 0; k < parameters.size(); k++) {
            int phase = 10 * k + 1;
            NDArray array = parameters.get(k).getArray();
            NDArray values = numbers(array.getShape(), i -> 0.5 * Math.sin(phase + i));
            InPlace.copy(array.stopGradient(), values.toType(type, false));
        }
        return block;
    }

    private static Loss loss() {
        return Loss.l2Loss("mean square", 1);
    }

    private double[] train(
            BiFunction<Model, TrainingConfig, Trainer> trainers,
            Optimizer optimizer,
            DataType type) {
        double[] losses = new double[STEPS];
        try (Model model = Model.newInstance("two layers", Device.cpu())) {
            model.setBlock(block(model.getNDManager(), type));
            try (Trainer trainer = trainers.apply(model, Small.config(loss(), optimizer))) {
                for (int i = 0; i < STEPS; i++) {
                    try (GradientCollector collector = trainer.newGradientCollector()) {
                        NDList labels = labels(type);
                        NDArray loss =
                                trainer.getLoss()
                                        .evaluate(labels, trainer.forward(data(type), labels));
                        collector.backward(loss);
                        losses[i] = loss.toType(DataType.FLOAT64, false).getDouble();
                    }
                    trainer.step();
                }
            }
        }
        return losses;
    }

    private double[] steps(Optimizer optimizer, DataType type) {
        try (CompiledStep step =
                CompiledStep.builder(block(manager, type), loss())
                        .setOptimizer(optimizer)
                        .build()) {
            return step.run(repeated(data(type)), repeated(labels(type)));
        }
    }

    private static NDList repeated(NDList arrays) {
        return new NDList(arrays.head().expandDims(0).repeat(0, STEPS));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ofTheEngine")
    void trainsAsDjlDoes(String name, Supplier<Optimizer> optimizer) {
        // DJL's trainer takes no other type.
        double[] expected = train(Model::newTrainer, optimizer.get(), DataType.FLOAT32);
        assertTrue(expected[STEPS - 1] < expected[0] / 2, "it learns");
        double[] byTrainer = train(CompiledTrainer::new, optimizer.get(), DataType.FLOAT32);
        double[] bySteps = steps(optimizer.get(), DataType.FLOAT32);
        assertArrayEquals(expected, byTrainer, 1e-6);
        assertArrayEquals(expected, bySteps, 1e-6);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ofPyTorch")
    void trainsAsPyTorchDoes(String name, Supplier<Optimizer> optimizer, double... expected) {
        double[] byTrainer = train(CompiledTrainer::new, optimizer.get(), DataType.FLOAT64);
        double[] bySteps = steps(optimizer.get(), DataType.FLOAT64);
        for (int k = 0; k < SHOWN.length; k++) {
            assertEquals(expected[k], byTrainer[SHOWN[k]], TOLERANCE, "loss " + SHOWN[k]);
            assertEquals(expected[k], bySteps[SHOWN[k]], TOLERANCE, "loss " + SHOWN[k]);
        }
    }
}
