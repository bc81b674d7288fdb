# A logistic regression in every replicate by R's survey, timed on request:
# Rscript _replicate_fits.R +|* SCALE ROWS.csv ANSWERS.csv
suppressMessages(library(survey))
arguments <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(arguments[3], stringsAsFactors = TRUE)
replicates <- grep("^replicate_", names(rows))
scale <- as.numeric(arguments[2])
design <- svrepdesign(
  data = rows[-replicates], weights = ~weight, repweights = as.matrix(rows[replicates]),
  type = "other", scale = scale, rscales = rep(1, length(replicates)),
  combined.weights = TRUE, mse = FALSE
)
formula <- as.formula(paste("y ~ wave", arguments[1], "region"))

regression <- function() svyglm(formula, design, family = quasibinomial())
found <- regression()
table <- data.frame(
  coefficient = names(coef(found)), estimate = coef(found), std_error = SE(found),
  df = found$df.residual
)
write.csv(format(table, digits = 15), arguments[4], row.names = FALSE)

cat("survey", as.character(packageVersion("survey")), "in", R.version.string, "\n")
asked <- file("stdin", "r")
while (length(readLines(asked, n = 1))) {
  start <- Sys.time()
  summary(regression())
  cat(as.numeric(Sys.time() - start, units = "secs"), "\n")
}
