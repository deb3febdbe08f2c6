import InfoldGraph

/// Hints for unsupported operators that Infold does not intend to support, because they do not
/// belong to neural networks or occur in very few models.
enum OperatorAdvice {
  /// Returns the hint for an operator, or `nil` if there is no specific one.
  static func advice(_ domain: String, _ name: String) -> String? {
    switch domain {
    case "": for (names, text) in standard where names.contains(name) { return text }
    case "ai.onnx.ml":
      if ["StringConcat", "LabelEncoder", "CategoryMapper", "DictVectorizer"].contains(name) { return text }
      if ["Scaler", "Normalizer", "Binarizer", "Imputer", "FeatureVectorizer", "OneHotEncoder"].contains(name) {
        return
          "scale and encode the inputs in your program, or express it with ai.onnx operators such as Sub, Div and Concat"
      }
      if name.hasPrefix("Linear") { return "express it with Gemm followed by Softmax or Sigmoid" }
      return
        "Infold runs neural networks only: run trees and support vector machines in the library that trained them or in ONNX Runtime"
    case "ai.onnx.preview.training", "ai.onnx.training": return "export the model for inference"
    case "ai.onnx.contrib": return text
    case "com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc":
      return
        "ONNX Runtime's optimizer writes its own operators: use the original model, or optimize it at the basic level only"
    case "ai.onnx.preview": return "export the model without operators that are not yet part of the standard"
    case "org.pytorch.aten", "aten":
      return "export the model with operator_export_type ONNX, which leaves no PyTorch operators"
    default: return nil
    }
    return nil
  }

  private static let text = "convert text and categories to numbers in your program"

  private static let standard: [(names: Set<String>, text: String)] = [
    (["StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch", "TfIdfVectorizer"], text),
    (["Scan"], "export the model with a Loop instead, or unrolled"),
    (
      ["SequenceMap", "Optional", "OptionalGetElement", "OptionalHasElement"],
      "export the model with tensors as inputs and outputs, and collect tensors in loops"
    ),
    (
      Set(["SequenceEmpty", "SequenceConstruct", "SequenceInsert", "SequenceErase", "SequenceAt", "SequenceLength"])
        .union(["SplitToSequence", "ConcatFromSequence"]),
      "only sequences that the model creates and converts back to tensors are supported, with a known length or built by a loop that appends"
    ),
    (
      ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"],
      "generate random numbers in your program and pass them as an input"
    ),
    (["ImageDecoder"], "decode images in your program, with InfoldImage"),
    (
      ["Adagrad", "Adam", "Momentum", "Gradient", "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"],
      "export the model for inference, without its loss"
    ),
  ]
}
