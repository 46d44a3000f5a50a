import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.training.GradientCollector;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.exercise.Workbook;

/**
 * Lecture 5, exercise 1: backpropagation by hand through every step of the network. The forward
 * pass is given; write the gradient of each array where it says YOUR CODE HERE. Run it after each
 * line: what is right, and what is off about what is wrong, is printed.
 */
public final class Ninja {

    static final String NAMES = "emma.olivia.ava.isabella.sophia.charlotte.";

    public static void main(String[] args) {
        Workbook.run("ninja", args, cmp -> {
            try (NDManager manager = NDManager.newBaseManager()) {
                exercise(cmp, manager);
            }
        });
    }

    static void exercise(Workbook cmp, NDManager manager) {
        // A mini-batch: the three characters before each, '.' being 0.
        int n = 32;
        long[] characters = NAMES.chars().map(c -> c == '.' ? 0 : c - 'a' + 1).asLongStream().toArray();
        long[] contexts = new long[n * 3];
        for (int i = 0; i < n; i++) {
            for (int back = 1; back <= 3 && back <= i && characters[i - back] != 0; back++) {
                contexts[i * 3 + 3 - back] = characters[i - back];
            }
        }
        NDArray xb = manager.create(contexts, new Shape(n, 3));
        NDArray yb = manager.create(characters).get("0:" + n);
        int[] rows = {0};
        int[] columns = {1};

        // Parameters; biases and gains are no zeros and ones, which could hide a wrong gradient.
        Engine.getInstance().setRandomSeed(42);
        NDArray C = parameter(manager, 1, 27, 10);
        NDArray W1 = parameter(manager, 0.3, 30, 64);
        NDArray b1 = parameter(manager, 0.1, 64);
        NDArray W2 = parameter(manager, 0.1, 64, 27);
        NDArray b2 = parameter(manager, 0.1, 27);
        NDArray bngain = parameter(manager, 0.1, 1, 64);
        NDArray bnbias = parameter(manager, 0.1, 1, 64);

        GradientCollector collector = Engine.getInstance().newGradientCollector();
        // Forward pass, in pieces so small that the derivative of each is plain
        NDArray emb = keep(xb.getNDArrayInternal().embedding(xb, C, SparseFormat.DENSE).get(0)); // (n, 3, 10)
        NDArray embcat = keep(emb.reshape(n, -1)); // (n, 30)
        // Linear layer 1
        NDArray hprebn = keep(embcat.matMul(W1).add(b1)); // (n, 64)
        // BatchNorm layer
        NDArray bnmeani = keep(hprebn.sum(rows, true).mul(1.0 / n)); // (1, 64)
        NDArray bndiff = keep(hprebn.sub(bnmeani)); // (n, 64)
        NDArray bndiff2 = keep(bndiff.pow(2)); // (n, 64)
        NDArray bnvar = keep(bndiff2.sum(rows, true).mul(1.0 / (n - 1))); // (1, 64)
        NDArray bnvar_inv = keep(bnvar.add(1e-5).pow(-0.5)); // (1, 64)
        NDArray bnraw = keep(bndiff.mul(bnvar_inv)); // (n, 64)
        NDArray hpreact = keep(bnraw.mul(bngain).add(bnbias)); // (n, 64)
        // Non-linearity
        NDArray h = keep(hpreact.tanh()); // (n, 64)
        // Linear layer 2
        NDArray logits = keep(h.matMul(W2).add(b2)); // (n, 27)
        // Cross entropy loss
        NDArray logit_maxes = keep(logits.max(columns, true)); // (n, 1)
        NDArray norm_logits = keep(logits.sub(logit_maxes)); // (n, 27)
        NDArray counts = keep(norm_logits.exp()); // (n, 27)
        NDArray counts_sum = keep(counts.sum(columns, true)); // (n, 1)
        NDArray counts_sum_inv = keep(counts_sum.pow(-1)); // (n, 1)
        NDArray probs = keep(counts.mul(counts_sum_inv)); // (n, 27)
        NDArray logprobs = keep(probs.log()); // (n, 27)
        NDArray loss = logprobs.get(new NDIndex().addAllDim().addPickDim(yb)).mean().neg();
        collector.backward(loss); // what cmp compares with
        collector.close();

        // Backward pass, from the last array to the first
        NDArray dlogprobs = yb.oneHot(27, DataType.FLOAT32).mul(-1.0 / n); // SOLUTION
        cmp.check("logprobs", dlogprobs, logprobs);
        NDArray dprobs = dlogprobs.div(probs); // SOLUTION
        cmp.check("probs", dprobs, probs);
        NDArray dcounts_sum_inv = counts.mul(dprobs).sum(columns, true); // SOLUTION
        cmp.check("counts_sum_inv", dcounts_sum_inv, counts_sum_inv);
        NDArray dcounts_sum = counts_sum.pow(-2).neg().mul(dcounts_sum_inv); // SOLUTION
        cmp.check("counts_sum", dcounts_sum, counts_sum);
        NDArray dcounts = counts_sum_inv.mul(dprobs).add(dcounts_sum); // SOLUTION
        cmp.check("counts", dcounts, counts);
        NDArray dnorm_logits = counts.mul(dcounts); // SOLUTION
        cmp.check("norm_logits", dnorm_logits, norm_logits);
        NDArray dlogit_maxes = dnorm_logits.neg().sum(columns, true); // SOLUTION
        cmp.check("logit_maxes", dlogit_maxes, logit_maxes);
        NDArray dlogits = logits.argMax(1).oneHot(27, DataType.FLOAT32).mul(dlogit_maxes).add(dnorm_logits); // SOLUTION
        cmp.check("logits", dlogits, logits);
        // Linear layer 2
        NDArray dh = dlogits.matMul(W2.transpose()); // SOLUTION
        cmp.check("h", dh, h);
        NDArray dW2 = h.transpose().matMul(dlogits); // SOLUTION
        cmp.check("W2", dW2, W2);
        NDArray db2 = dlogits.sum(rows); // SOLUTION
        cmp.check("b2", db2, b2);
        // Non-linearity
        NDArray dhpreact = h.mul(h).neg().add(1).mul(dh); // SOLUTION
        cmp.check("hpreact", dhpreact, hpreact);
        // BatchNorm layer
        NDArray dbngain = bnraw.mul(dhpreact).sum(rows, true); // SOLUTION
        cmp.check("bngain", dbngain, bngain);
        NDArray dbnbias = dhpreact.sum(rows, true); // SOLUTION
        cmp.check("bnbias", dbnbias, bnbias);
        NDArray dbnraw = bngain.mul(dhpreact); // SOLUTION
        cmp.check("bnraw", dbnraw, bnraw);
        NDArray dbnvar_inv = bndiff.mul(dbnraw).sum(rows, true); // SOLUTION
        cmp.check("bnvar_inv", dbnvar_inv, bnvar_inv);
        NDArray dbnvar = bnvar.add(1e-5).pow(-1.5).mul(-0.5).mul(dbnvar_inv); // SOLUTION
        cmp.check("bnvar", dbnvar, bnvar);
        NDArray dbndiff2 = bndiff2.onesLike().mul(1.0 / (n - 1)).mul(dbnvar); // SOLUTION
        cmp.check("bndiff2", dbndiff2, bndiff2);
        NDArray dbndiff = bnvar_inv.mul(dbnraw).add(bndiff.mul(2).mul(dbndiff2)); // SOLUTION
        cmp.check("bndiff", dbndiff, bndiff);
        NDArray dbnmeani = dbndiff.neg().sum(rows, true); // SOLUTION
        cmp.check("bnmeani", dbnmeani, bnmeani);
        NDArray dhprebn = dbnmeani.mul(1.0 / n).add(dbndiff); // SOLUTION
        cmp.check("hprebn", dhprebn, hprebn);
        // Linear layer 1
        NDArray dembcat = dhprebn.matMul(W1.transpose()); // SOLUTION
        cmp.check("embcat", dembcat, embcat);
        NDArray dW1 = embcat.transpose().matMul(dhprebn); // SOLUTION
        cmp.check("W1", dW1, W1);
        NDArray db1 = dhprebn.sum(rows); // SOLUTION
        cmp.check("b1", db1, b1);
        // Embedding
        NDArray demb = dembcat.reshape(emb.getShape()); // SOLUTION
        cmp.check("emb", demb, emb);
        NDArray dC = xb.flatten().oneHot(27, DataType.FLOAT32).transpose().matMul(demb.reshape(-1, 10)); // SOLUTION
        cmp.check("C", dC, C);
    }

    /** A parameter of normal random numbers. */
    static NDArray parameter(NDManager manager, double sigma, long... shape) {
        NDArray parameter = manager.randomNormal(0, (float) sigma, new Shape(shape), DataType.FLOAT32);
        parameter.setRequiresGradient(true);
        return parameter;
    }

    /** Lets the engine keep the gradient of an array on the way, for cmp to compare with. */
    static NDArray keep(NDArray array) {
        return Autograd.retainGrad(array);
    }
}
