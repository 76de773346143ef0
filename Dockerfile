# syntax=docker/dockerfile:1
# The same bundle as everywhere, in Microsoft's image of the Functions host (amd64 only).
# Which functions run in a container is said by AzureFunctionsJobHost__functions__0 and so on; without them, all do.

ARG NODE_IMAGE=node:24.21.0-bookworm-slim
ARG FUNCTIONS_IMAGE=mcr.microsoft.com/azure-functions/node:4-node24

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY host.json tsconfig.json ./
COPY functions functions
COPY shared shared
COPY scripts scripts
RUN node scripts/deployment-package.ts

FROM ${FUNCTIONS_IMAGE}
# A port that needs no privilege, and a user that has none; the host writes its keys' sentinel and its logs beside itself.
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    FUNCTIONS_WORKER_RUNTIME=node \
    ASPNETCORE_URLS=http://+:8080 \
    DOTNET_EnableDiagnostics=0 \
    HOME=/home
COPY --from=build --chown=1654:1654 /src/dist/app /home/site/wwwroot
RUN mkdir -p /azure-functions-host/Secrets /home/LogFiles /home/data \
    && chown -R 1654:1654 /azure-functions-host/Secrets /home
USER 1654:1654
EXPOSE 8080
