Binput5J
æoÉVCıÜ