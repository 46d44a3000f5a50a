/** The Java kernel of the notebooks of the seven lectures. */
@NullMarked
package org.djlext.examples.notebook;

import org.jspecify.annotations.NullMarked;
