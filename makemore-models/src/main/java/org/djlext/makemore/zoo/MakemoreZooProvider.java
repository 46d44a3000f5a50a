/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.zoo;

import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;

/** Makes DJL find the zoo, by the service file in this module. */
public final class MakemoreZooProvider implements ZooProvider {

    /** Creates the provider. */
    public MakemoreZooProvider() {}

    @Override
    public ModelZoo getModelZoo() {
        return new MakemoreZoo();
    }
}
