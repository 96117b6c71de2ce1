package dev.luthier.tensor;

import java.util.List;
import org.bytedeco.pytorch.BooleanList;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.LongList;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorList;
import org.bytedeco.pytorch.global.torch;

/** Operators of libtorch that the presets give no method for, through its dispatcher. */
public final class Operators {
  private Operators() {}

  private static final class Handles {
    static final OperatorHandle SOFTMAX_BACKWARD =
        Tensors.pinned(
            Dispatcher.singleton().findSchemaOrThrow("aten::_softmax_backward_data", ""));
    static final OperatorHandle LAYER_NORM_BACKWARD =
        Tensors.pinned(
            Dispatcher.singleton().findSchemaOrThrow("aten::native_layer_norm_backward", ""));
    static final OperatorHandle INT_MM =
        Tensors.pinned(Dispatcher.singleton().findSchemaOrThrow("aten::_int_mm", ""));
    static final OperatorHandle ADAMW =
        Tensors.pinned(Dispatcher.singleton().findSchemaOrThrow("aten::_fused_adamw_", ""));
    static final OperatorHandle SGD =
        Tensors.pinned(Dispatcher.singleton().findSchemaOrThrow("aten::_fused_sgd_", ""));
  }

  /**
   * The gradient of a softmax over the last dimension with respect to its input.
   *
   * @param dy gradient of the output
   * @param y the output
   */
  public static Tensor softmaxBackward(Tensor dy, Tensor y) {
    IValueVector stack = new IValueVector();
    stack.push_back(new IValue(dy));
    stack.push_back(new IValue(y));
    stack.push_back(new IValue(-1L));
    stack.push_back(new IValue((long) Tensors.dtype(y).value));
    Handles.SOFTMAX_BACKWARD.callBoxed(stack);
    return tensor(stack, 0);
  }

  /**
   * The gradients of a layer norm over the last dimension.
   *
   * @param dy gradient of the output, contiguous
   * @param x the input, contiguous
   * @param mean of each row, as the forward pass gave it
   * @param scale 1 / each row's deviation, as the forward pass gave it
   * @return with respect to the input, the weight and the bias
   */
  public static Tensor[] layerNormBackward(
      Tensor dy, Tensor x, Tensor mean, Tensor scale, Tensor weight, Tensor bias) {
    GenericList width = new GenericList(new LongList().elementType());
    width.push_back(new IValue(x.size(-1)));
    GenericList all = new GenericList(new BooleanList().elementType());
    for (int i = 0; i < 3; i++) {
      all.push_back(new IValue(true));
    }
    IValueVector stack =
        new IValueVector(
            new IValue(dy),
            new IValue(x),
            new IValue(width),
            new IValue(mean),
            new IValue(scale),
            new IValue(weight),
            new IValue(bias),
            new IValue(all));
    Handles.LAYER_NORM_BACKWARD.callBoxed(stack);
    return new Tensor[] {tensor(stack, 0), tensor(stack, 1), tensor(stack, 2)};
  }

  /** A tensor of its own, for the stack's goes with the stack. */
  private static Tensor tensor(IValueVector stack, int i) {
    return new Tensor(stack.get(i).toTensor());
  }

  /**
   * The product of int8 matrices in int32, exactly.
   *
   * @param a int8 (n, k)
   * @param b int8 (k, m)
   */
  public static Tensor intProduct(Tensor a, Tensor b) {
    IValueVector stack = new IValueVector();
    stack.push_back(new IValue(a));
    stack.push_back(new IValue(b));
    Handles.INT_MM.callBoxed(stack);
    return new Tensor(stack.get(0).toTensor());
  }

  /**
   * One step of AdamW in one pass over memory; all but the gradient change in place.
   *
   * @param p parameter
   * @param g gradient
   * @param m running mean of the gradient
   * @param v running mean of its square
   * @param step the step's number, from 1
   */
  public static void adamW(
      Tensor p,
      Tensor g,
      Tensor m,
      Tensor v,
      long step,
      double rate,
      double beta1,
      double beta2,
      double weightDecay,
      double epsilon) {
    Handles.ADAMW.callBoxed(
        new IValueVector(
            list(p),
            list(g),
            list(m),
            list(v),
            list(), // amsgrad's maxima
            list(torch.full(new long[0], Tensors.scalar((double) step), p.options())),
            new IValue(rate),
            new IValue(beta1),
            new IValue(beta2),
            new IValue(weightDecay),
            new IValue(epsilon),
            new IValue(false), // amsgrad
            new IValue(false), // maximize
            new IValue(), // scale of the gradient
            new IValue())); // infinities found
  }

  /**
   * One step of gradient descent in one pass over memory; all but the gradient change in place.
   *
   * @param p parameter
   * @param g gradient
   * @param velocity of momentum; none without it
   */
  public static void sgd(
      Tensor p,
      Tensor g,
      List<Tensor> velocity,
      double rate,
      double momentum,
      boolean nesterov,
      double weightDecay) {
    Handles.SGD.callBoxed(
        new IValueVector(
            list(p),
            list(g),
            list(velocity.toArray(Tensor[]::new)),
            new IValue(weightDecay),
            new IValue(momentum),
            new IValue(rate),
            new IValue(0.0), // dampening
            new IValue(nesterov),
            new IValue(false), // maximize
            new IValue(false), // first step: a velocity of zero is right for it
            new IValue(), // scale of the gradient
            new IValue())); // infinities found
  }

  private static IValue list(Tensor... tensors) {
    GenericList list = new GenericList(new TensorList().elementType());
    for (Tensor t : tensors) {
      list.push_back(new IValue(t));
    }
    return new IValue(list);
  }
}
