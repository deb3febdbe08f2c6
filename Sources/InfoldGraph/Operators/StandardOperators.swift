extension OperatorRegistry {
  /// Every operator that Infold brings.
  public static let standard = OperatorRegistry([
    Concat.self,
    Constant.self,
    Conv.self,
    Flatten.self,
    Identity.self,
    Relu.self,
    Reshape.self,
    Transpose.self,
  ])
}
