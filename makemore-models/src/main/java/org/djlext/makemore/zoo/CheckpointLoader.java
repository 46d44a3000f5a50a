/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import ai.djl.Application;
import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.MRL;
import ai.djl.repository.Repository;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.SavedModel;

/** Loads a checkpoint as a DJL model that completes names. */
final class CheckpointLoader implements ModelLoader {

    private static final String ARTIFACT_ID = "names";

    @Override
    public String getGroupId() {
        return MakemoreZoo.GROUP_ID;
    }

    @Override
    public String getArtifactId() {
        return ARTIFACT_ID;
    }

    @Override
    public Application getApplication() {
        return Application.NLP.TEXT_GENERATION;
    }

    @Override
    public MRL getMrl() {
        Repository repository = Repository.newInstance(ARTIFACT_ID, Path.of("."));
        return MRL.undefined(repository, getGroupId(), getArtifactId());
    }

    @Override
    public <I, O> ZooModel<I, O> loadModel(Criteria<I, O> criteria)
            throws IOException, ModelNotFoundException {
        Path file = checkpoint(criteria);
        Map<String, Object> arguments = criteria.getArguments();
        TranslatorFactory factory = criteria.getTranslatorFactory();
        Model model = Model.newInstance(ARTIFACT_ID, criteria.getDevice(), "PyTorch");
        try {
            NDManager manager = model.getNDManager();
            SavedModel saved = SavedModel.load(file, manager);
            SamplerSettings settings =
                    SamplerSettings.builder()
                            .temperature(number(arguments, "temperature", 1))
                            .topK((int) number(arguments, "topK", 0))
                            .build();
            model.setBlock(new NameCompletion(saved, settings));
            if (factory == null) {
                factory = new NameTranslatorFactory(saved);
            }
            if (!factory.isSupported(criteria.getInputClass(), criteria.getOutputClass())) {
                throw new ModelNotFoundException(
                        "a model of names takes String and returns String, but the criteria have "
                                + criteria.getInputClass().getSimpleName()
                                + " and "
                                + criteria.getOutputClass().getSimpleName());
            }
            Translator<I, O> translator =
                    factory.newInstance(
                            criteria.getInputClass(), criteria.getOutputClass(), model, arguments);
            return new ZooModel<>(model, translator);
        } catch (TranslateException | CheckpointException | IllegalArgumentException e) {
            model.close();
            throw new ModelNotFoundException(e.getMessage(), e);
        } catch (ModelNotFoundException e) {
            model.close();
            throw e;
        }
    }

    private static double number(Map<String, Object> arguments, String name, double otherwise) {
        Object value = arguments.get(name);
        return value == null ? otherwise : Double.parseDouble(value.toString());
    }

    // DJL asks every loader when nothing in the criteria names one.
    private static Path checkpoint(Criteria<?, ?> criteria) throws ModelNotFoundException {
        Map<String, Object> arguments = criteria.getArguments();
        Object path = arguments == null ? null : arguments.get(MakemoreZoo.CHECKPOINT);
        if (path == null) {
            throw new ModelNotFoundException(
                    "the criteria have no argument " + MakemoreZoo.CHECKPOINT);
        }
        return Path.of(path.toString());
    }

    @Override
    public <I, O> boolean isDownloaded(Criteria<I, O> criteria) throws ModelNotFoundException {
        return Files.exists(checkpoint(criteria));
    }

    @Override
    public <I, O> void downloadModel(Criteria<I, O> criteria, Progress progress)
            throws ModelNotFoundException {
        throw new ModelNotFoundException(
                "the checkpoint " + checkpoint(criteria) + " does not exist");
    }
}
