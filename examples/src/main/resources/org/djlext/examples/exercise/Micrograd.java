import org.djlext.makemore.exercise.Workbook;
import org.djlext.micrograd.Value;

/**
 * Lecture 1: backpropagation by hand, number by number. The forward pass is given; write the
 * gradient of each value where it says YOUR CODE HERE. Run it after each line: what is right, and
 * what is off about what is wrong, is printed.
 */
public final class Micrograd {

    public static void main(String[] args) {
        Workbook.run("micrograd", args, cmp -> {
            neuron(cmp);
            usedTwice(cmp);
        });
    }

    /** A neuron: o = tanh(x1 w1 + x2 w2 + b). */
    static void neuron(Workbook cmp) {
        Value x1 = new Value(2);
        Value x2 = new Value(0);
        Value w1 = new Value(-3);
        Value w2 = new Value(1);
        Value b = new Value(6.8813735870195432);
        Value x1w1 = x1.mul(w1);
        Value x2w2 = x2.mul(w2);
        Value sum = x1w1.add(x2w2);
        Value n = sum.add(b);
        Value o = n.tanh();
        o.backward(); // what cmp compares with; use the data of values, not their grad

        // The gradients are do/do, do/dn, and so on: from the last value to the first.
        Double dO = 1.0; // SOLUTION
        cmp.check("o", dO, o);
        Double dn = (1 - o.data * o.data) * dO; // SOLUTION
        cmp.check("n", dn, n);
        Double dsum = dn; // SOLUTION
        cmp.check("sum", dsum, sum);
        Double db = dn; // SOLUTION
        cmp.check("b", db, b);
        Double dx1w1 = dsum; // SOLUTION
        cmp.check("x1w1", dx1w1, x1w1);
        Double dx2w2 = dsum; // SOLUTION
        cmp.check("x2w2", dx2w2, x2w2);
        Double dx1 = w1.data * dx1w1; // SOLUTION
        cmp.check("x1", dx1, x1);
        Double dw1 = x1.data * dx1w1; // SOLUTION
        cmp.check("w1", dw1, w1);
        Double dx2 = w2.data * dx2w2; // SOLUTION
        cmp.check("x2", dx2, x2);
        Double dw2 = x2.data * dx2w2; // SOLUTION
        cmp.check("w2", dw2, w2);
    }

    /** Values that are used twice: f = a d + exp(a) / d. */
    static void usedTwice(Workbook cmp) {
        Value a = new Value(0.7);
        Value d = new Value(1.9);
        Value p = a.mul(d);
        Value q = a.exp();
        Value r = d.pow(-1);
        Value s = q.mul(r);
        Value f = p.add(s);
        f.backward();

        Double df = 1.0; // SOLUTION
        cmp.check("f", df, f);
        Double dp = df; // SOLUTION
        cmp.check("p", dp, p);
        Double ds = df; // SOLUTION
        cmp.check("s", ds, s);
        Double dq = r.data * ds; // SOLUTION
        cmp.check("q", dq, q);
        Double dr = q.data * ds; // SOLUTION
        cmp.check("r", dr, r);
        Double da = d.data * dp + q.data * dq; // SOLUTION
        cmp.check("a", da, a);
        Double dd = a.data * dp - r.data * r.data * dr; // SOLUTION
        cmp.check("d", dd, d);
    }
}
