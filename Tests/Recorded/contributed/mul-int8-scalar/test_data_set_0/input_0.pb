Binput0J
