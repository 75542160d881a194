FROM node:20-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
# The codecs are prebuilt binaries; no dependency needs its install script.
RUN npm ci --ignore-scripts
COPY . .
# What `npm pack` would publish is what the image holds, and nothing else.
RUN npm run build \
  && npm pack --ignore-scripts --pack-destination /tmp \
  && mkdir /out \
  && tar -xzf /tmp/tidemark-*.tgz --strip-components=1 -C /out \
  && npm prune --omit=dev --ignore-scripts \
  && mv node_modules /out/

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/tidemark
COPY --from=build /out ./
USER node
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/livez').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["run"]
