extension OperatorRegistry {
  /// Every operator that Infold brings.
  public static let standard = OperatorRegistry([
    Conv.self,
    Relu.self,
  ])
}
