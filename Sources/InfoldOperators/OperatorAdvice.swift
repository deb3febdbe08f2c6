import InfoldGraph

/// What can be done about operators that Infold does not have, and will not have: what they are for is no network, or not for one model.
enum OperatorAdvice {
  /// What to do about the operator; `nil` where there is nothing particular to say.
  static func advice(_ domain: String, _ name: String) -> String? {
    switch domain {
    case "": for (names, text) in standard where names.contains(name) { return text }
    case "ai.onnx.ml":
      if ["StringConcat", "LabelEncoder", "CategoryMapper", "DictVectorizer"].contains(name) { return text }
      if ["Scaler", "Normalizer", "Binarizer", "Imputer", "FeatureVectorizer", "OneHotEncoder"].contains(name) {
        return
          "scale and encode the inputs in the program, or write it with operators of ai.onnx such as Sub, Div and Concat"
      }
      if name.hasPrefix("Linear") { return "write it with Gemm, and Softmax or Sigmoid behind it" }
      return
        "Infold runs networks: trees, support vectors and what is around them run in the library that trained them, or in ONNX Runtime"
    case "ai.onnx.preview.training", "ai.onnx.training": return "export the network for inference"
    case "ai.onnx.contrib": return text
    case "com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc":
      return
        "ONNX Runtime's optimizer writes operators of its own: use the model as it was before, or have it optimized at the basic level"
    case "ai.onnx.preview": return "export the model without operators that are not in the standard yet"
    case "org.pytorch.aten", "aten":
      return "export the model with operator_export_type ONNX, so that no operators of PyTorch are left"
    default: return nil
    }
    return nil
  }

  private static let text = "prepare text and categories in the program, and give the network numbers"

  private static let standard: [(names: Set<String>, text: String)] = [
    (["StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch", "TfIdfVectorizer"], text),
    (["Scan"], "export the model with a Loop, or unrolled"),
    (
      ["SequenceMap", "Optional", "OptionalGetElement", "OptionalHasElement"],
      "export the model with tensors as inputs and outputs, and loops that collect tensors"
    ),
    (
      Set(["SequenceEmpty", "SequenceConstruct", "SequenceInsert", "SequenceErase", "SequenceAt", "SequenceLength"])
        .union(["SplitToSequence", "ConcatFromSequence"]),
      "sequences run that are made in the model, with a length that is known or in a loop that only adds to them, and become tensors again"
    ),
    (
      ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"],
      "make random numbers in the program, and give them as an input"
    ),
    (["ImageDecoder"], "decode pictures in the program, with InfoldImage"),
    (
      ["Adagrad", "Adam", "Momentum", "Gradient", "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"],
      "export the network for inference, without its loss"
    ),
  ]
}
