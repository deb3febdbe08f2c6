extension OperatorRegistry {
  /// Every operator that Infold brings.
  public static let standard = OperatorRegistry([
    Add.self,
    Clip.self,
    Concat.self,
    Constant.self,
    Conv.self,
    Div.self,
    Flatten.self,
    Identity.self,
    LeakyRelu.self,
    Mul.self,
    Relu.self,
    Reshape.self,
    Sigmoid.self,
    Sub.self,
    Sum.self,
    Transpose.self,
  ])
}
